"""The relying party: signing people in and getting tokens.

OpenID Connect Core, RFC 6749, 7636 (PKCE), 8693 (exchange), 9207 (issuer in the answer).
"""

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import httpx
from joserfc import jwt
from joserfc.jwk import ECKey

from shared.oidc.endpoint import IdentityEndpoints
from shared.oidc.errors import SignInRefused, TokenRefused
from shared.oidc.keys import RemoteKeys, verified_payload
from shared.oidc.names import GrantType, TokenKind

_ID_TOKEN = frozenset({"", "jwt"})
_ASSERTION_SECONDS = 60


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """One question sent to identity through the browser. Keep all but `url` here until the answer comes."""

    url: str = field(repr=False)
    state: str = field(repr=False)
    nonce: str = field(repr=False)
    code_verifier: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class TokenSet:
    """What the token endpoint gave. `expires_at` is in seconds since 1970; `id_claims` are those of a checked
    id_token and empty when none came."""

    access_token: str = field(repr=False)
    expires_at: float
    scope: frozenset[str]
    refresh_token: str | None = field(default=None, repr=False)
    id_token: str | None = field(default=None, repr=False)
    id_claims: Mapping[str, Any] = field(default_factory=dict)


class RelyingParty:
    """One client of identity, confidential when `client_secret` is given.

    `issuer` is identity's public URL and what tokens must name; `internal_url` is where this process reaches
    it. Every method may raise IdentityUnavailable; those that ask for tokens raise TokenRefused.
    """

    def __init__(
        self,
        *,
        issuer: str,
        internal_url: str,
        client_id: str,
        client_secret: str | None,
        redirect_uri: str,
        http: httpx.AsyncClient,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.client_id = client_id
        self.redirect_uri = redirect_uri
        self.issuer = issuer
        self._endpoints = IdentityEndpoints(issuer, internal_url, http, client_id, client_secret)
        self._http = http
        self._clock = clock
        self._keys: RemoteKeys | None = None
        self._own_tokens: dict[tuple[str, str], TokenSet] = {}

    async def begin(
        self,
        *,
        scope: str,
        resource: str | None = None,
        realm: str | None = None,
        state_prefix: str = "",
        extra: Mapping[str, str] | None = None,
    ) -> AuthorizationRequest:
        """A new authorization request with PKCE, state and nonce. `extra` takes `prompt`, `max_age`,
        `login_hint` and the like. `state_prefix` comes back with the answer, whatever was kept here."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        state = state_prefix + state
        query = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "scope": scope,
            "state": state,
            "nonce": nonce,
            "code_challenge": _s256(verifier),
            "code_challenge_method": "S256",
            **({"resource": resource} if resource else {}),
            **({"realm": realm} if realm else {}),
            **(extra or {}),
        }
        where = await self._endpoints.public("authorization_endpoint")
        return AuthorizationRequest(f"{where}?{urlencode(query)}", state, nonce, verifier)

    async def complete(self, answer: Mapping[str, str], request: AuthorizationRequest) -> TokenSet:
        """Turn the query of the callback into tokens.

        Raises SignInRefused when identity says no, or when the answer does not belong to `request`
        (state, RFC 9207 `iss`, nonce), TokenRefused when the token endpoint says no.
        """
        code = self._code_of(answer, request)
        document = await self._endpoints.token(
            {
                "grant_type": GrantType.CODE,
                "code": code,
                "redirect_uri": self.redirect_uri,
                "code_verifier": request.code_verifier,
            }
        )
        if not isinstance(document.get("id_token"), str):
            raise SignInRefused("invalid_response", "no id_token came")
        return await self._token_set(document, nonce=request.nonce)

    async def refresh(self, refresh_token: str) -> TokenSet:
        """New tokens for a refresh token. It rotates: keep the new one of the answer. TokenRefused with
        `invalid_grant` means that the session at identity is over."""
        return await self._token_set(
            await self._endpoints.token({"grant_type": GrantType.REFRESH, "refresh_token": refresh_token})
        )

    async def client_credentials(self, *, resource: str, scope: str) -> TokenSet:
        """A token for this service itself, kept in memory until shortly before its end."""
        known = self._own_tokens.get((resource, scope))
        if known is not None and known.expires_at - 30 > self._clock():
            return known
        document = await self._endpoints.token(
            {"grant_type": GrantType.CLIENT, "resource": resource, "scope": scope}
        )
        tokens = await self._token_set(document)
        self._own_tokens[(resource, scope)] = tokens
        return tokens

    async def token_exchange(self, subject_token: str, *, audience: str, scope: str) -> TokenSet:
        """A token for another service on behalf of the person whose access token is given (RFC 8693)."""
        return await self._exchange(subject_token, TokenKind.ACCESS, audience=audience, scope=scope)

    async def exchange_for_author(
        self, author: str, *, audience: str, scope: str, signing_key: ECKey
    ) -> TokenSet:
        """A token on behalf of `author` (a `sub`) who is not asking just now: this service vouches by a fresh
        signed assertion, and identity checks again whether the author still may."""
        now = int(self._clock())
        claims = {
            "iss": self.client_id,
            "sub": author,
            "aud": self.issuer,
            "iat": now,
            "exp": now + _ASSERTION_SECONDS,
            "jti": secrets.token_urlsafe(24),
        }
        signing_key.ensure_kid()
        header = {"alg": "ES256", "kid": signing_key.kid}
        assertion = jwt.encode(header, claims, signing_key, algorithms=["ES256"])
        return await self._exchange(assertion, TokenKind.JWT, audience=audience, scope=scope)

    async def userinfo(self, access_token: str) -> dict[str, Any]:
        """The person's claims, as far as the token's scope goes."""
        return await self._endpoints.userinfo(access_token)

    async def revoke(self, token: str) -> None:
        """Revoke a refresh token and what came of it (RFC 7009)."""
        await self._endpoints.revoke(token)

    async def end_session_url(self, *, id_token: str | None, back_to: str, state: str | None = None) -> str:
        """Where to send the browser so that the session at identity ends too (RP-initiated logout).

        Raises IdentityUnavailable when nobody would answer the browser there.
        """
        await self._endpoints.still_there()
        query = {"client_id": self.client_id, "post_logout_redirect_uri": back_to}
        query |= {"id_token_hint": id_token} if id_token else {}
        query |= {"state": state} if state else {}
        return f"{await self._endpoints.public('end_session_endpoint')}?{urlencode(query)}"

    def _code_of(self, answer: Mapping[str, str], request: AuthorizationRequest) -> str:
        if not hmac.compare_digest(answer.get("state", "").encode(), request.state.encode()):
            raise SignInRefused("invalid_response", "state does not match")
        if answer.get("iss") != self.issuer:
            raise SignInRefused("invalid_response", "the answer names another issuer")
        if "error" in answer:
            raise SignInRefused(answer["error"], answer.get("error_description", ""))
        if not answer.get("code"):
            raise SignInRefused("invalid_response", "no code came")
        return answer["code"]

    async def _exchange(self, token: str, token_type: str, *, audience: str, scope: str) -> TokenSet:
        return await self._token_set(
            await self._endpoints.token(
                {
                    "grant_type": GrantType.EXCHANGE,
                    "subject_token": token,
                    "subject_token_type": token_type,
                    "resource": audience,
                    "scope": scope,
                }
            )
        )

    async def _token_set(self, document: Mapping[str, Any], *, nonce: str | None = None) -> TokenSet:
        access_token = document.get("access_token")
        if not isinstance(access_token, str) or str(document.get("token_type", "")).lower() != "bearer":
            raise TokenRefused("invalid_response", "no bearer token came")
        id_token = document.get("id_token")
        id_claims: Mapping[str, Any] = {}
        if isinstance(id_token, str):
            id_claims = await self._id_claims(id_token, access_token=access_token, nonce=nonce)
        return TokenSet(
            access_token=access_token,
            expires_at=self._clock() + float(document.get("expires_in", 0)),
            scope=frozenset(str(document.get("scope", "")).split()),
            refresh_token=document.get("refresh_token"),
            id_token=id_token,
            id_claims=id_claims,
        )

    async def _id_claims(self, id_token: str, *, access_token: str, nonce: str | None) -> dict[str, Any]:
        """OpenID Connect Core section 3.1.3.7. Raises InvalidToken for the signature, TokenRefused for the
        rest."""
        if self._keys is None:
            self._keys = RemoteKeys(await self._endpoints.internal("jwks_uri"), self._http)
        claims = await verified_payload(id_token, self._keys, types=_ID_TOKEN)
        now = self._clock()
        checks: Sequence[tuple[str, bool]] = (
            ("iss", claims.get("iss") == self.issuer),
            ("aud", claims.get("aud") in (self.client_id, [self.client_id])),
            ("azp", claims.get("azp", self.client_id) == self.client_id),
            ("exp", isinstance(claims.get("exp"), int) and claims["exp"] > now - 5),
            ("iat", isinstance(claims.get("iat"), int) and claims["iat"] < now + 60),
            ("sub", isinstance(claims.get("sub"), str)),
            ("nonce", nonce is None or claims.get("nonce") == nonce),
            ("at_hash", claims.get("at_hash", _half_hash(access_token)) == _half_hash(access_token)),
        )
        for name, is_good in checks:
            if not is_good:
                raise SignInRefused("invalid_id_token", f"claim {name}")
        return claims


def _s256(verifier: str) -> str:
    return _base64url(hashlib.sha256(verifier.encode("ascii")).digest())


def _half_hash(access_token: str) -> str:
    """The left half of the SHA-256, for both signature algorithms we take (OpenID Connect Core 3.1.3.6)."""
    return _base64url(hashlib.sha256(access_token.encode("ascii")).digest()[:16])


def _base64url(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode("ascii")
