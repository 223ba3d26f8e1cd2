"""Signatures and ciphers of XML: which are admitted, and checking them by pysaml2 and xmlsec1."""

import subprocess
from collections.abc import Sequence
from functools import cache
from typing import Any, Final
from xml.etree.ElementTree import Element

from saml2 import SAMLError, class_name
from saml2.cert import CertificateError
from saml2.sigver import CryptoBackendXmlSec1, SecurityContext, XmlsecError
from saml2.xml.schema import XMLSchemaError

from identity_service.upstreams.errors import UpstreamRefused, UpstreamSilent
from identity_service.upstreams.saml.intake import ENCRYPTION, SIGNATURE

SECONDS: Final = 5.0
"""All that one run of xmlsec1 may take."""

_SIGNATURES: Final = frozenset(
    f"http://www.w3.org/2001/04/xmldsig-more#{kind}-{digest}"
    for kind in ("rsa", "ecdsa")
    for digest in ("sha256", "sha384", "sha512")
)
_DIGESTS: Final = frozenset(
    {
        "http://www.w3.org/2001/04/xmlenc#sha256",
        "http://www.w3.org/2001/04/xmldsig-more#sha384",
        "http://www.w3.org/2001/04/xmlenc#sha512",
    }
)
_CIPHERS: Final = frozenset(f"http://www.w3.org/2009/xmlenc11#aes{bits}-gcm" for bits in (128, 192, 256))
_UNAUTHENTICATED_CIPHERS: Final = frozenset(
    f"http://www.w3.org/2001/04/xmlenc#aes{bits}-cbc" for bits in (128, 192, 256)
)
_KEY_TRANSPORTS: Final = frozenset(
    {"http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p", "http://www.w3.org/2009/xmlenc11#rsa-oaep"}
)
_WHAT_PYSAML2_RUNS_INTO: Final = (
    SAMLError,
    CertificateError,
    XMLSchemaError,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
)


class _XmlSec(CryptoBackendXmlSec1):  # type: ignore[misc] # pysaml2 has no types
    """pysaml2's own, but asked for its version once, and ended when it takes too long."""

    @property
    def version(self) -> str:
        return _version(self.xmlsec)

    def _run_xmlsec(self, com_list: list[str], extra_args: list[str]) -> tuple[str, str, bytes]:
        lax = ["--lax-key-search"] if self.version_nums >= (1, 3) else []
        command = [*com_list, *lax, *extra_args]
        try:
            done = subprocess.run(  # noqa: S603 # fixed words, and files that pysaml2 made
                command, capture_output=True, timeout=SECONDS, check=False, stdin=subprocess.DEVNULL
            )
        except subprocess.TimeoutExpired:
            raise UpstreamSilent("xmlsec1 took too long") from None
        told = done.stderr.decode(errors="replace")
        if done.returncode != 0:
            raise XmlsecError(f"returncode={done.returncode}")
        return "", told, done.stdout


@cache
def _version(program: str) -> str:
    return str(CryptoBackendXmlSec1(program).version)


class _Known:
    """The keys of one provider, in the form in which pysaml2 asks for them."""

    def __init__(self, issuer: str, certificates: Sequence[str]) -> None:
        self._issuer = issuer
        self._certificates = certificates

    def certs(self, issuer: str, *_: str) -> list[tuple[None, str]]:
        return [(None, one) for one in self._certificates] if issuer == self._issuer else []


class Signatures:
    """Checks by the certificates of one provider, and by nothing that stands in a message."""

    def __init__(self, xmlsec1: str, issuer: str, certificates: Sequence[str]) -> None:
        self._context = SecurityContext(
            _XmlSec(xmlsec1),
            metadata=_Known(issuer, certificates),
            only_use_keys_in_metadata=True,
            enc_key_files=[],
        )

    def check(self, text: str, item: Any) -> None:
        """The signature of `item`, which was read from `text`, over all of itself (Core section 5.4).
        Raises UpstreamRefused."""
        try:
            self._context.check_signature(item, class_name(item), text)
        except OSError as error:
            raise _unable(error) from None
        except _WHAT_PYSAML2_RUNS_INTO:
            raise UpstreamRefused("signature") from None

    def decrypted(self, text: str, key: str) -> str:
        """The message with its assertion in clear. Raises UpstreamRefused."""
        try:
            return str(self._context.decrypt_keys(text, [key]))
        except OSError as error:
            raise _unable(error) from None
        except _WHAT_PYSAML2_RUNS_INTO:
            raise UpstreamRefused("cipher") from None


def _unable(error: OSError) -> UpstreamSilent:
    """A program or a folder for temporary files that is not there."""
    return UpstreamSilent(f"xmlsec1 cannot be run: {type(error).__name__}")


def require_strong_signature(signed: Element) -> None:
    """No SHA-1, no shared secret (RFC 9231 names the algorithms). Raises UpstreamRefused."""
    [signature] = signed.findall(f"{SIGNATURE}Signature")
    methods = _algorithms(signature, f"{SIGNATURE}SignatureMethod")
    digests = _algorithms(signature, f"{SIGNATURE}DigestMethod")
    if len(methods) != 1 or len(digests) != 1 or not (methods <= _SIGNATURES and digests <= _DIGESTS):
        raise UpstreamRefused("algorithm")


def require_strong_cipher(encrypted: Element, *, is_authentic: bool) -> None:
    """Ciphers that tell nothing to whoever tries: AES-CBC only in a message whose signature was checked
    before, and no RSA of PKCS #1 version 1.5 at all. Raises UpstreamRefused."""
    ciphers = {
        method.get("Algorithm", "")
        for data in encrypted.iter(f"{ENCRYPTION}EncryptedData")
        for method in data.findall(f"{ENCRYPTION}EncryptionMethod")
    }
    methods = _algorithms(encrypted, f"{ENCRYPTION}EncryptionMethod")
    admitted = _CIPHERS | (_UNAUTHENTICATED_CIPHERS if is_authentic else frozenset())
    if len(ciphers) != 1 or not ciphers <= admitted or not methods - ciphers <= _KEY_TRANSPORTS:
        raise UpstreamRefused("algorithm")


def _algorithms(root: Element, tag: str) -> set[str]:
    return {element.get("Algorithm", "") for element in root.iter(tag)}
