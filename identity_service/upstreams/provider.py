"""One provider as this process works with it: configured, enabled, its secret unsealed when it is needed."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

from identity_service.outgoing import CannotCall
from identity_service.sealing import Sealer
from identity_service.upstreams import id_token, queries
from identity_service.upstreams.documents import Metadata, json_object
from identity_service.upstreams.errors import UpstreamRefused, UpstreamSilent
from identity_service.upstreams.schemas import SamlTerms
from identity_service.visit import Caller
from shared.kernel.errors import NotFound
from shared.oidc.errors import InvalidToken
from shared.oidc.keys import read_header

SECRET_PURPOSE: Final = "upstream secret"  # noqa: S105 # the name of a use, no secret
_TOKEN_STATUSES: Final = frozenset({200, 400, 401})


def address(public_url: str, upstream_id: str, page: str) -> str:
    """Each provider answers at addresses of its own, so that none can pass for another."""
    return f"{public_url}/sign-in/upstream/{upstream_id}/{page}"


@dataclass(frozen=True, slots=True)
class Provider:
    """The row of an upstream, to be used outside any transaction."""

    id: str
    kind: str
    realm: str
    title: str
    issuer: str
    client_id: str
    token_endpoint_auth_method: str
    sealed_secret: bytes | None = field(repr=False)
    scopes: list[str]
    email_domains: list[str]
    verified_claim: str
    role_rules: list[dict[str, Any]]
    provisions: bool
    admits_linking: bool
    trusts_mfa: bool
    saml: dict[str, Any] | None = field(repr=False)

    @property
    def terms(self) -> SamlTerms:
        """Of a provider of SAML."""
        return SamlTerms.model_construct(**(self.saml or {}))

    def address(self, public_url: str, page: str) -> str:
        return address(public_url, self.id, page)

    def redirect_uri(self, public_url: str) -> str:
        return self.address(public_url, "callback")

    def authentication(self, sealer: Sealer) -> tuple[str, dict[str, str]]:
        """The Authorization header and the form fields that prove who we are (RFC 6749 section 2.3.1)."""
        if self.token_endpoint_auth_method == "none" or self.sealed_secret is None:  # noqa: S105 # a method
            return "", {"client_id": self.client_id}
        secret = sealer.unseal(self.sealed_secret, purpose=SECRET_PURPOSE).decode()
        if self.token_endpoint_auth_method == "client_secret_post":  # noqa: S105 # a method
            return "", {"client_id": self.client_id, "client_secret": secret}
        pair = f"{quote(self.client_id, safe='')}:{quote(secret, safe='')}"
        return "Basic " + base64.b64encode(pair.encode()).decode(), {}


async def enabled(caller: Caller, upstream_id: str) -> Provider:
    """Raises NotFound."""
    if "\0" in upstream_id:
        raise NotFound
    row = await caller.reader.first(queries.ENABLED, upstream_id=upstream_id)
    if row is None:
        raise NotFound
    return Provider(**{name: row[name] for name in Provider.__dataclass_fields__})


async def claims_for_code(
    caller: Caller, provider: Provider, *, code: str, verifier: str, wanted: id_token.Wanted
) -> dict[str, Any]:
    """Turn a code into what the provider says of the person. No transaction is held meanwhile.

    What the signed id_token says counts before what UserInfo says. Raises UpstreamSilent, UpstreamRefused.
    """
    metadata = await caller.services.upstream_documents.of(provider.issuer)
    try:
        tokens = await _tokens(caller, provider, metadata, code=code, verifier=verifier)
        claims = await _checked(caller, provider, metadata, tokens.get("id_token"), wanted)
        return await _userinfo(caller, metadata, tokens.get("access_token"), claims) | claims
    except CannotCall as refusal:
        raise UpstreamSilent(str(refusal)) from None
    except InvalidToken as refusal:
        raise UpstreamRefused(refusal.reason) from None


async def _tokens(
    caller: Caller, provider: Provider, metadata: Metadata, *, code: str, verifier: str
) -> Mapping[str, Any]:
    authorization, fields = provider.authentication(caller.services.sealer)
    form = fields | {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": provider.redirect_uri(caller.settings.identity_public_url),
        "code_verifier": verifier,
    }
    heard = await caller.services.outgoing.post(metadata.token_endpoint, form, authorization=authorization)
    document = json_object(heard, statuses=_TOKEN_STATUSES)
    if heard.status != 200:
        raise UpstreamRefused("code refused")
    return document


async def _checked(
    caller: Caller, provider: Provider, metadata: Metadata, token: object, wanted: id_token.Wanted
) -> dict[str, Any]:
    """The claims of the id_token, its signature checked with a key that the provider publishes."""
    if not isinstance(token, str):
        raise UpstreamRefused("no id_token")
    header = read_header(token, algorithms=id_token.ALGORITHMS)
    key_sets = caller.services.client_keys
    await key_sets.prepare(metadata.jwks_uri, header.get("kid"))
    keys = key_sets.at(metadata.jwks_uri)
    if not keys:
        raise UpstreamSilent("keys not read")
    return id_token.claims_of(token, header, keys, provider.issuer, provider.client_id, wanted)


async def _userinfo(
    caller: Caller, metadata: Metadata, access_token: object, claims: Mapping[str, Any]
) -> dict[str, Any]:
    """UserInfo is about the person of the id_token, or it is not believed (Core section 5.3.2)."""
    if not metadata.userinfo_endpoint or not isinstance(access_token, str) or not access_token.isprintable():
        return {}
    heard = await caller.services.outgoing.get(
        metadata.userinfo_endpoint, authorization=f"Bearer {access_token}"
    )
    document = dict(json_object(heard))
    if document.get("sub") != claims["sub"]:
        raise UpstreamRefused("userinfo of another")
    return document
