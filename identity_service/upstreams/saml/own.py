"""What we say of ourselves to a provider: our metadata, and requests for authentication."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from saml2 import BINDING_HTTP_POST, md, samlp, xmldsig
from saml2.pack import http_redirect_message
from saml2.saml import NAMEID_FORMAT_PERSISTENT, Issuer
from saml2.sigver import RSASigner
from saml2.xmldsig import SIG_RSA_SHA256

from identity_service.upstreams.saml import keys
from identity_service.upstreams.saml.described import Described
from identity_service.upstreams.saml.party import Party


class _Signer:
    """pysaml2's own signers are shared by all threads, and so is the key that they are given."""

    def __init__(self, pair: str) -> None:
        self._key = load_pem_private_key(keys.private(pair).encode(), password=None)

    def get_signer(self, _: str) -> Any:
        return RSASigner(hashes.SHA256(), self._key)


def request_address(
    party: Party, described: Described, *, request_id: str, at: datetime, proves_again: bool
) -> str:
    """Where a browser goes to ask for authentication (Bindings, section 3.4). There is no RelayState: the
    answer names the request."""
    policy = samlp.NameIDPolicy(format=NAMEID_FORMAT_PERSISTENT, allow_create="true")
    request = samlp.AuthnRequest(
        id=request_id,
        version="2.0",
        issue_instant=at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        destination=described.sign_in_url,
        assertion_consumer_service_url=party.answer_url,
        protocol_binding=BINDING_HTTP_POST,
        force_authn="true" if proves_again else None,
        issuer=Issuer(text=party.entity_id),
        name_id_policy=policy if party.wants_persistent else None,
    )
    is_signed = party.signs_requests or described.wants_signed_requests
    signer = _Signer(party.pair) if is_signed else None
    packed = http_redirect_message(
        str(request), described.sign_in_url, sigalg=SIG_RSA_SHA256, sign=is_signed, backend=signer
    )
    return str(dict(packed["headers"])["Location"])


def description(party: Party) -> str:
    """Our metadata for one provider."""
    descriptor = md.SPSSODescriptor(
        protocol_support_enumeration="urn:oasis:names:tc:SAML:2.0:protocol",
        authn_requests_signed="true" if party.signs_requests else "false",
        want_assertions_signed="true",
        key_descriptor=_key_descriptors(party),
        name_id_format=[md.NameIDFormat(text=NAMEID_FORMAT_PERSISTENT)] if party.wants_persistent else [],
        assertion_consumer_service=[
            md.AssertionConsumerService(
                binding=BINDING_HTTP_POST, location=party.answer_url, index="0", is_default="true"
            )
        ],
    )
    return str(md.EntityDescriptor(entity_id=party.entity_id, spsso_descriptor=[descriptor]))


def _key_descriptors(party: Party) -> Sequence[Any]:
    certificate = keys.certificate(party.pair)
    return [
        md.KeyDescriptor(
            use=use,
            key_info=xmldsig.KeyInfo(
                x509_data=[xmldsig.X509Data(x509_certificate=[xmldsig.X509Certificate(text=certificate)])]
            ),
        )
        for use in ("signing", "encryption")
    ]
