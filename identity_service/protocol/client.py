"""A client as the protocol sees it: what it has to do, and what it may."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from identity_service.clients.models import Client
from identity_service.clients.names import Algorithm, Profile
from identity_service.protocol.resources import joined
from shared.oidc.names import GrantType

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class ProtocolClient:
    """What follows from a client's row."""

    __slots__ = ("client_id", "row")

    def __init__(self, row: Client) -> None:
        self.row = row
        self.client_id = row.id

    def is_registered_at(self, redirect_uri: str) -> bool:
        return is_registered(redirect_uri, self.row.redirect_uris)

    @property
    def is_fapi(self) -> bool:
        """The FAPI 2.0 Security Profile: what follows is then required, whatever else is registered."""
        return self.row.security_profile == Profile.FAPI2

    @property
    def requires_pushed(self) -> bool:
        """RFC 9126 section 6; FAPI 2.0 section 5.3.2.2."""
        return self.is_fapi or self.row.require_pushed_authorization_requests

    @property
    def requires_proof(self) -> bool:
        """RFC 9449 section 5.2; FAPI 2.0 section 5.3.2.1."""
        return self.is_fapi or self.row.dpop_bound_access_tokens

    @property
    def requires_pkce(self) -> bool:
        """OAuth 2.1 section 4.1.1; FAPI 2.0 section 5.3.2.2."""
        return self.is_fapi or self.row.requires_pkce or self.row.is_public

    @property
    def rotates_refresh_tokens(self) -> bool:
        """Not in FAPI 2.0 (section 5.3.2.1), where tokens are bound and a lost answer would end a grant."""
        return self.row.rotates_refresh_tokens and not self.is_fapi

    @property
    def id_token_alg(self) -> str:
        """FAPI 2.0 section 5.4.1 forbids RS256."""
        return Algorithm.ES256.value if self.is_fapi else self.row.id_token_alg

    def may_use(self, grant_type: GrantType) -> bool:
        return grant_type in self.row.grant_types

    def allowed_scope(self, scope: str | None) -> str | None:
        """What the client may have of what it asks for. Unknown scopes are left out (OpenID Connect Core
        3.1.2.1); None, a refusal, when nothing is left."""
        if not scope:
            return ""
        allowed = set(scope.split()) & set(self.row.scopes)
        return joined(allowed) if allowed else None


def is_registered(address: str, addresses: Iterable[str]) -> bool:
    """Character by character; only the port of a loopback address that is registered without one may be any
    (RFC 8252 section 7.3)."""
    return any(address == known or _only_port_differs(address, known) for known in addresses)


def _only_port_differs(asked: str, known: str) -> bool:
    """Compared as text: a parser of addresses forgives capitals, and tabs and line ends anywhere."""
    parts = urlsplit(known)
    if parts.scheme != "http" or parts.hostname not in LOOPBACK or parts.port is not None:
        return False
    host = f"http://{parts.netloc}"
    path = known.removeprefix(host)
    if not asked.startswith(f"{host}:") or not asked.endswith(path):
        return False
    port = asked[len(host) + 1 : len(asked) - len(path)]
    return port.isascii() and port.isdecimal() and len(port) <= 5 and 0 < int(port) <= 65_535
