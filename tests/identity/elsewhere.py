"""A provider upstream, pretended: it runs on loopback and says what a test tells it to say."""

import base64
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, Key
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

SECRET = "a secret + of/ours:there"


@dataclass
class Elsewhere:
    """Answers as a provider does. `says` are claims of the id_token by which the usual ones are replaced
    (None leaves one out), `header` those of its header; `told` are those of UserInfo."""

    port: int
    client_id: str = "narrowbridge"
    secret: str = SECRET
    names_itself: bool = True
    has_userinfo: bool = False
    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256", auto_kid=True))
    signs_with: Key | None = None
    says: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=dict)
    told: dict[str, Any] = field(default_factory=dict)
    document: dict[str, Any] = field(default_factory=dict)
    token: str | None = None
    now: float = 0.0
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def issuer(self) -> str:
        return f"http://localhost:{self.port}"

    def answer(self, location: str, **changes: str | None) -> str:
        """What the provider does with the browser that came by `location`: the address to which it goes
        back. `changes` replace parameters of the answer, and None leaves one out."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
        assert location.startswith(self.issuer + "/authorize?")
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(16)
        self._codes[code] = asked
        answer: dict[str, str | None] = {"code": code, "state": asked["state"]}
        answer |= {"iss": self.issuer} if self.names_itself else {}
        answer |= changes
        query = {name: value for name, value in answer.items() if value is not None}
        return f"{urlsplit(asked['redirect_uri']).path}?{urlencode(query)}"

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self._discovery),
                Route("/keys", self._keys),
                Route("/token", self._token, methods=["POST"]),
                Route("/userinfo", self._userinfo),
            ]
        )

    async def _discovery(self, request: Request) -> Response:
        document: dict[str, Any] = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "authorization_response_iss_parameter_supported": self.names_itself,
        }
        document |= {"userinfo_endpoint": f"{self.issuer}/userinfo"} if self.has_userinfo else {}
        return JSONResponse(document | self.document)

    async def _keys(self, request: Request) -> Response:
        return JSONResponse({"keys": [self.key.as_dict(private=False)]})

    async def _token(self, request: Request) -> Response:
        form = await request.form()
        asked = self._codes.pop(str(form["code"]), None)
        pair = base64.b64decode(request.headers["authorization"].removeprefix("Basic ")).decode()
        digest = hashlib.sha256(str(form["code_verifier"]).encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if (
            asked is None
            or tuple(map(unquote, pair.split(":"))) != (self.client_id, self.secret)
            or challenge != asked["code_challenge"]
            or form["redirect_uri"] != asked["redirect_uri"]
        ):
            return JSONResponse({"error": "invalid_grant"}, 400)
        return JSONResponse(
            {"access_token": "at", "token_type": "Bearer", "id_token": self.id_token(asked["nonce"])}
        )

    async def _userinfo(self, request: Request) -> Response:
        assert request.headers["authorization"] == "Bearer at"
        return JSONResponse(self.told)

    def id_token(self, nonce: str) -> str:
        if self.token is not None:
            return self.token
        now = int(self.now)
        claims = {
            "iss": self.issuer,
            "aud": self.client_id,
            "sub": "person-1",
            "nonce": nonce,
            "iat": now,
            "exp": now + 300,
            "auth_time": now,
            **self.says,
        }
        key = self.signs_with or self.key
        header = {"alg": "ES256", "kid": self.key.kid, **self.header}
        claims = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(header, claims, key, algorithms=[header["alg"]])


def unsigned(claims: dict[str, Any]) -> str:
    """A token that says itself that nobody signed it."""
    return _by_hand({"alg": "none"}, claims) + "."


def signed_with_text(claims: dict[str, Any], text: bytes, kid: str) -> str:
    """A token signed by whoever knows `text`, such as a public key (RFC 8725 section 2.1)."""
    signed = _by_hand({"alg": "HS256", "kid": kid}, claims)
    return f"{signed}.{_base64url(hmac.digest(text, signed.encode(), 'sha256'))}"


def _by_hand(header: dict[str, Any], claims: dict[str, Any]) -> str:
    return ".".join(_base64url(json.dumps(part).encode()) for part in (header, claims))


def _base64url(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
