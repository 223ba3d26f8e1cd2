"""A client as Authlib sees it, and how a client proves who it is."""

import base64
import binascii
import secrets
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any
from urllib.parse import unquote_plus, urlsplit

from authlib.oauth2.rfc6749 import ClientMixin, InvalidRequestError

from identity_service.clients.models import Client
from identity_service.protocol.request import ProtocolRequest
from identity_service.protocol.resources import joined
from identity_service.sealing import hashed

CONFIDENTIAL = ["client_secret_basic", "client_secret_post", "private_key_jwt"]
ANY = [*CONFIDENTIAL, "none"]
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})

Query = Callable[[str], "ProtocolClient | None"]


class ProtocolClient(ClientMixin):  # type: ignore[misc] # Authlib carries no types
    """The answers Authlib asks a client for, from its row."""

    def __init__(self, row: Client, now: datetime) -> None:
        self.row = row
        self._now = now
        self.client_id = row.id

    def get_client_id(self) -> str:
        return self.row.id

    def get_default_redirect_uri(self) -> None:
        """None: OpenID Connect Core 3.1.2.1 wants the address in each request."""

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return is_registered(redirect_uri, self.row.redirect_uris)

    def check_client_secret(self, client_secret: str) -> bool:
        return is_one_of(self.row.secrets_at(self._now), client_secret)

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        """The one method that the client registered, and no other (OpenID Connect Registration section 2)."""
        registered: str = self.row.token_endpoint_auth_method
        return method == registered and (method == "private_key_jwt" or not self.is_fapi)

    @property
    def is_fapi(self) -> bool:
        """The FAPI 2.0 Security Profile: what follows is then required, whatever else is registered."""
        return bool(self.row.security_profile == "fapi2")

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
        return "ES256" if self.is_fapi else self.row.id_token_alg

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code" and "authorization_code" in self.row.grant_types

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type in self.row.grant_types

    def get_allowed_scope(self, scope: str | None) -> str | None:
        """What the client may have of what it asks for. Unknown scopes are left out (OpenID Connect Core
        3.1.2.1); None, a refusal, when nothing is left."""
        if not scope:
            return ""
        allowed = set(scope.split()) & set(self.row.scopes)
        return joined(allowed) if allowed else None


def is_one_of(stored: Iterable[str], given: str) -> bool:
    """Compared in constant time with each of the hashes."""
    digest = hashed(given)
    return any(secrets.compare_digest(one, digest) for one in stored)


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


def require_one_method(request: ProtocolRequest) -> None:
    """RFC 6749 section 2.3: a client proves itself in one way per request, and under one name."""
    has_header = "Authorization" in request.headers
    in_body = [name for name in ("client_secret", "client_assertion") if name in request.form]
    if len(in_body) + has_header > 1:
        raise InvalidRequestError("Use one way of client authentication only")
    named = request.form.get("client_id")
    pair = _basic_pair(request.headers.get("Authorization", ""))
    if pair is not None and named is not None and named != pair[0]:
        raise InvalidRequestError("client_id differs from the authenticated client")


def secret_of(request: ProtocolRequest) -> tuple[str, str, str] | None:
    """Client, secret and method when the request proves itself by a secret."""
    if pair := _basic_pair(request.headers.get("Authorization", "")):
        return (*pair, "client_secret_basic")
    form = request.form
    if "client_id" in form and "client_secret" in form:
        return form["client_id"], form["client_secret"], "client_secret_post"
    return None


def by_basic(query_client: Query, request: Any) -> ProtocolClient | None:
    """`client_secret_basic`. Both parts are form-encoded (RFC 6749 section 2.3.1), so + is a space."""
    pair = _basic_pair(request.headers.get("Authorization", ""))
    return _checked(query_client, *pair) if pair else None


def by_post(query_client: Query, request: Any) -> ProtocolClient | None:
    """`client_secret_post`."""
    form = request.form
    if "client_id" not in form or "client_secret" not in form:
        return None
    return _checked(query_client, form["client_id"], form["client_secret"])


def by_name(query_client: Query, request: Any) -> ProtocolClient | None:
    """`none`: a public client says who it is."""
    if "Authorization" in request.headers or "client_id" not in request.form:
        return None
    return query_client(request.form["client_id"])


def _checked(query_client: Query, client_id: str, client_secret: str) -> ProtocolClient | None:
    client = query_client(client_id)
    return client if client is not None and client.check_client_secret(client_secret) else None


def _basic_pair(header: str) -> tuple[str, str] | None:
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode("utf-8")
        client_id, colon, secret = text.partition(":")
        pair = unquote_plus(client_id, errors="strict"), unquote_plus(secret, errors="strict")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None
    return pair if colon and "\0" not in pair[0] else None
