"""A pretended identity: it publishes keys and answers at the token endpoint as the test says."""

import json
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs
from uuid import uuid4

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, Key, RSAKey

ISSUER = "http://localhost:8000"
INTERNAL = "http://identity:8000"
AUDIENCE = "http://localhost:8001"


class PretendedIdentity:
    """Signs what it is told to, and counts how often its keys are read."""

    def __init__(self) -> None:
        self.ec: ECKey = ECKey.generate_key("P-256", auto_kid=True)
        self.rsa: RSAKey = RSAKey.generate_key(2048, auto_kid=True)
        self.published: list[Key] = [self.ec, self.rsa]
        self.key_reads = 0
        self.calls = 0
        self.is_down = False
        self.forms: list[dict[str, list[str]]] = []
        self.authorizations: list[str] = []
        self.events: dict[str, str] = {}
        self.polls: list[dict[str, Any]] = []
        self.answer: Callable[[dict[str, list[str]]], tuple[int, Any]] = lambda form: (400, {})

    def claims(self, **changes: Any) -> dict[str, Any]:
        now = int(time.time())
        claims = {
            "iss": ISSUER,
            "sub": "a-person",
            "aud": AUDIENCE,
            "exp": now + 300,
            "iat": now,
            "jti": "1",
            "client_id": "a-client",
            "scope": "community:read community:write",
            "realm": "staff",
            "roles": ["community_manager"],
            "name": "Ada",
        }
        return {key: value for key, value in (claims | changes).items() if value is not None}

    def sign(self, *, key: Key | None = None, header: dict[str, Any] | None = None, **changes: Any) -> str:
        key = key or self.ec
        alg = "RS256" if isinstance(key, RSAKey) else "ES256"
        head = {"alg": alg, "kid": key.kid, "typ": "at+jwt", **(header or {})}
        return jwt.encode(head, self.claims(**changes), key, algorithms=[head["alg"]])

    def announce(self, kind: str, sub: str, *, sid: str = "", at: float | None = None, **more: Any) -> str:
        """An event that comes with each poll until it is acknowledged. Returns its `jti`."""
        jti, payload = str(uuid4()), more.pop("payload", {})
        user = {"format": "iss_sub", "iss": ISSUER, "sub": sub}
        both = {"format": "complex", "user": user, "session": {"format": "opaque", "id": sid}}
        whole: dict[str, Any] = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "iat": int(time.time()),
            "jti": jti,
            "sub_id": both if sid else user,
            "events": {kind: {"event_timestamp": at or time.time(), **payload}},
            **more,
        }
        head = {"alg": "ES256", "kid": self.ec.kid, "typ": "secevent+jwt", **whole.pop("header", {})}
        self.events[jti] = jwt.encode(head, whole, whole.pop("key", self.ec), algorithms=["ES256"])
        return jti

    def _poll(self, request: httpx.Request) -> httpx.Response:
        asked = json.loads(request.content)
        self.polls.append(asked)
        self.authorizations.append(request.headers.get("authorization", ""))
        for jti in (*asked["ack"], *asked["setErrs"]):
            self.events.pop(jti, None)
        return httpx.Response(200, json={"sets": self.events, "moreAvailable": False})

    def handle(self, request: httpx.Request) -> httpx.Response:
        self.calls += 1
        if self.is_down:
            raise httpx.ConnectError("down", request=request)
        assert str(request.url).startswith(INTERNAL)
        match request.url.path:
            case "/.well-known/openid-configuration":
                return httpx.Response(200, json=self._discovery())
            case "/.well-known/jwks.json":
                self.key_reads += 1
                return httpx.Response(
                    200, json={"keys": [key.as_dict(private=False) for key in self.published]}
                )
            case "/security-events/poll":
                return self._poll(request)
            case "/oauth/token":
                form = parse_qs(request.content.decode())
                self.forms.append(form)
                self.authorizations.append(request.headers.get("authorization", ""))
                status, body = self.answer(form)
                return httpx.Response(status, content=json.dumps(body))
        return httpx.Response(404)

    @staticmethod
    def _discovery() -> dict[str, Any]:
        return {
            "issuer": ISSUER,
            "jwks_uri": f"{ISSUER}/.well-known/jwks.json",
            "authorization_endpoint": f"{ISSUER}/oauth/authorize",
            "token_endpoint": f"{ISSUER}/oauth/token",
            "end_session_endpoint": f"{ISSUER}/oauth/end-session",
        }


@pytest.fixture
def identity() -> PretendedIdentity:
    return PretendedIdentity()


@pytest.fixture
def http(identity: PretendedIdentity) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.MockTransport(identity.handle))
