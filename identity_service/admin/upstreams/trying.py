"""Asking a provider what it says about itself, as a sign-in would, and saying what is wrong."""

from collections.abc import Mapping
from typing import Any, Final

from identity_service.admin.upstreams.schemas import Finding, UpstreamTest
from identity_service.clients.keys import keys_of
from identity_service.outgoing import CannotCall, Outgoing
from identity_service.upstreams import documents
from identity_service.upstreams.documents import Metadata
from identity_service.upstreams.id_token import ALGORITHMS
from identity_service.upstreams.models import Upstream
from identity_service.upstreams.provider import Provider
from identity_service.upstreams.saml import descriptions
from identity_service.upstreams.saml.described import BadMetadata, Described
from identity_service.upstreams.schemas import SAML
from identity_service.visit import Caller

_REASONS: Final = {
    "scheme": "It is called over https alone, unless IDENTITY_PRIVATE_HOSTS names its host.",
    "private address": "Its name leads into a private network, and IDENTITY_PRIVATE_HOSTS does not name it.",
    "address": "This is no address that can be called.",
    "TimeoutError": "It did not answer in time.",
    "ReadTimeout": "It did not answer in time.",
    "ConnectTimeout": "It did not answer in time.",
    "gaierror": "Nobody knows its name: it is in no DNS.",
    "ConnectError": "No connection came about: nobody listens there, or its certificate is not believed.",
    "too large": "The answer is larger than 64 KiB.",
    "encoding": "The answer comes packed, which was not asked for.",
    "no JSON": "The answer is no JSON.",
    "no object": "The answer is no JSON object.",
    "names another issuer": "It calls itself by another issuer. Take it over exactly, to the last slash.",
    "lacks an endpoint": "It lacks an authorization_endpoint, token_endpoint or jwks_uri that can be called.",
}
_DOCUMENT: Final = "What it says about itself"
_KEYS: Final = "Its keys"


def provider(row: Upstream) -> Provider:
    """The row, to be worked with when nothing of the database is held."""
    return Provider(**{name: getattr(row, name) for name in Provider.__dataclass_fields__})


async def ask(caller: Caller, asked: Provider) -> UpstreamTest:
    """Two calls at most, three seconds each; nothing of the database is held meanwhile."""
    try:
        if asked.kind == SAML:
            return _judged(caller, await descriptions.fresh(caller, asked))
        metadata = await documents.read(caller.services.outgoing, asked.issuer)
    except BadMetadata as refusal:
        return UpstreamTest(False, [Finding(_DOCUMENT, f"Its metadata {refusal}.")])
    except CannotCall as refusal:
        return UpstreamTest(False, [Finding(_DOCUMENT, _said(refusal))])
    wrong = await _wrong_with_keys(caller.services.outgoing, metadata)
    return UpstreamTest(wrong is None, [Finding(_DOCUMENT, None), Finding(_KEYS, wrong)])


def _judged(caller: Caller, described: Described) -> UpstreamTest:
    late = described.valid_until is not None and described.valid_until <= caller.now
    return UpstreamTest(
        not late, [Finding(_DOCUMENT, "Its metadata are not valid any more." if late else None)]
    )


async def _wrong_with_keys(outgoing: Outgoing, metadata: Metadata) -> str | None:
    try:
        keys = keys_of(documents.json_object(await outgoing.get(metadata.jwks_uri)))
    except CannotCall as refusal:
        return _said(refusal)
    if not any(_signs(key) for key in keys):
        return f"None of them signs by {', '.join(sorted(ALGORITHMS))}."
    return None


def _signs(key: Mapping[str, Any]) -> bool:
    """RFC 7517 section 4: a key for signatures, of a kind that one of our algorithms uses."""
    if key.get("use", "sig") != "sig":
        return False
    if key.get("kty") == "EC":
        return key.get("crv") == "P-256"
    return key.get("kty") == "RSA" and key.get("alg", "RS256") in ALGORITHMS


def _said(refusal: CannotCall) -> str:
    reason = str(refusal)
    if reason.startswith("its metadata"):
        return f"{reason.capitalize()}."
    if reason.startswith("status "):
        return f"It answered with {reason}."
    return _REASONS.get(reason, f"It cannot be called ({reason}).")
