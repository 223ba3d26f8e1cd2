"""What providers say about themselves (Metadata for SAML 2.0): where they are asked, and their keys."""

import base64
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from identity_service.upstreams.saml.described import BadMetadata, Described
from identity_service.upstreams.saml.intake import SIGNATURE, tree
from identity_service.upstreams.saml.times import instant

_METADATA: Final = "{urn:oasis:names:tc:SAML:2.0:metadata}"
_REDIRECT: Final = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
_SMALLEST_RSA: Final = 2048
_CURVES: Final = frozenset({"secp256r1", "secp384r1", "secp521r1"})
_MOST_KEYS: Final = 10


def read(text: str, issuer: str) -> Described:
    """The description of the provider with this entity id. Raises BadMetadata."""
    try:
        root = tree(text)
    except ValueError:
        raise BadMetadata("are no XML") from None
    if root.tag != f"{_METADATA}EntityDescriptor" or root.get("entityID") != issuer:
        raise BadMetadata(f"do not describe {issuer}")
    role = root.find(f"{_METADATA}IDPSSODescriptor")
    if role is None:
        raise BadMetadata("describe no identity provider")
    return Described(
        issuer=issuer,
        sign_in_url=_sign_in_url(role),
        certificates=_certificates(role),
        wants_signed_requests=role.get("WantAuthnRequestsSigned") in ("true", "1"),
        valid_until=_valid_until(root, role),
    )


def _sign_in_url(role: Element) -> str:
    for service in role.findall(f"{_METADATA}SingleSignOnService"):
        address = service.get("Location", "")
        if service.get("Binding") == _REDIRECT and _is_address(address):
            return address
    raise BadMetadata("name no address for HTTP-Redirect")


def _is_address(value: str) -> bool:
    if not value.isascii() or not value.isprintable():
        return False
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return parts.scheme in ("https", "http") and bool(parts.hostname) and not parts.fragment


def _certificates(role: Element) -> tuple[str, ...]:
    """Those whose use is signing, or not said. Their own dates do not count: they carry a key, no trust
    (Metadata Interoperability Profile, section 2.6.1)."""
    found = [
        "".join((element.text or "").split())
        for descriptor in role.findall(f"{_METADATA}KeyDescriptor")
        if descriptor.get("use", "signing") == "signing"
        for element in descriptor.iter(f"{SIGNATURE}X509Certificate")
    ]
    if not 1 <= len(found) <= _MOST_KEYS:
        raise BadMetadata("name no certificate for signing, or too many")
    if not all(map(_is_strong, found)):
        raise BadMetadata("name a certificate that is weak or no certificate")
    return tuple(found)


def _is_strong(certificate: str) -> bool:
    try:
        key = x509.load_der_x509_certificate(base64.b64decode(certificate, validate=True)).public_key()
    except ValueError:
        return False
    if isinstance(key, RSAPublicKey):
        return key.key_size >= _SMALLEST_RSA
    return isinstance(key, EllipticCurvePublicKey) and key.curve.name in _CURVES


def _valid_until(*elements: Element) -> datetime | None:
    """Raises BadMetadata for a time that is none."""
    try:
        ends = [instant(said) for element in elements if (said := element.get("validUntil"))]
    except ValueError:
        raise BadMetadata("name a time that is none") from None
    return min(ends, default=None)
