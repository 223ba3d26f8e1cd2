"""Our own key for a provider: it signs requests, and takes apart what was encrypted for us."""

from datetime import datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

_BITS: Final = 3072
_LIFE: Final = timedelta(days=365 * 20)
_MARK: Final = "-----BEGIN CERTIFICATE-----"


def made(name: str, now: datetime) -> str:
    """A new RSA key and a certificate that wraps its public half, both as PEM. Providers compare the
    certificate as it is; dates in it only keep them from complaining."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=_BITS)
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + _LIFE)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return (private + certificate.public_bytes(Encoding.PEM)).decode()


def private(pair: str) -> str:
    """The key of what `made` gave, as PEM."""
    return pair.partition(_MARK)[0]


def certificate(pair: str) -> str:
    """The certificate of what `made` gave: base64 without the lines around it, as metadata carry it."""
    body = pair.partition(_MARK)[2].partition("-----")[0]
    return "".join(body.split())
