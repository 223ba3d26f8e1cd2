"""A relying party and a browser that speak to the running provider over HTTP."""

import base64
import hashlib
import html
import re
import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
from joserfc import jwt
from joserfc.jwk import KeySet

from shared.kernel.clock import MemoryClock
from tests.identity.driver import OWN_FORM, PASSWORD

CALLBACK = "https://rp.example/callback"
AFTER_LOGOUT = "https://rp.example/signed-out"
AFTER_LOGOUT_OF_APPS = "http://127.0.0.1/signed-out"
EMAIL, NAME = "ana@outside.example", "Ana"
ALL_SCOPES = "openid profile email address phone"


@dataclass(frozen=True)
class RegisteredClient:
    """A client of the tests."""

    id: str
    secret: str
    alg: str
    method: str = "client_secret_basic"


FIRST = RegisteredClient("conformance-1", "1" * 43, "RS256")
SECOND = RegisteredClient("conformance-2", "2" * 43, "ES256")
POSTS = RegisteredClient("conformance-post", "3" * 43, "RS256", "client_secret_post")
CLIENTS = (FIRST, SECOND, POSTS)


@dataclass
class Provider:
    """The running provider: its address, its clock, and what it publishes."""

    url: str
    clock: MemoryClock
    verify: Any = True
    metadata: dict[str, Any] = field(default_factory=dict)

    def http(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, verify=self.verify, timeout=60)

    def discover(self) -> None:
        with self.http() as http:
            self.metadata = http.get("/.well-known/openid-configuration").json()

    def keys(self) -> dict[str, Any]:
        with self.http() as http:
            return dict(http.get(self.metadata["jwks_uri"]).json())

    def now(self) -> int:
        return int(self.clock.now().timestamp())


@dataclass
class Landing:
    """What the browser brought to the client, and whether the person had to sign in on the way."""

    fields: dict[str, str]
    signed_in: bool = False


class Agent:
    """A person's browser, and the client to which it brings the answers."""

    def __init__(self, op: Provider, mode: str = "query", client: RegisteredClient = FIRST) -> None:
        self.op, self.mode, self.client = op, mode, client
        self.http = op.http()
        self.form_page = ""

    def request(self, **changes: Any) -> dict[str, str]:
        """An authorization request; a value of None leaves the parameter out."""
        values = {
            "response_type": "code",
            "client_id": self.client.id,
            "redirect_uri": CALLBACK,
            "scope": "openid",
            "state": secrets.token_urlsafe(12),
            "nonce": secrets.token_urlsafe(12),
            "response_mode": "form_post" if self.mode == "form_post" else None,
            **changes,
        }
        return {name: str(value) for name, value in values.items() if value is not None}

    def open(self, request: dict[str, str], *, post: bool = False) -> httpx.Response:
        address = self.op.metadata["authorization_endpoint"]
        if post:
            return self.http.post(address, data=request, headers={"Origin": "https://rp.example"})
        return self.http.get(f"{address}?{urlencode(request)}")

    def authorize(self, request: dict[str, str], *, post: bool = False) -> Landing:
        """Through sign-in and consent, whatever comes, back to the client."""
        answer, signed_in = self.open(request, post=post), False
        if answer.headers.get("location", "").startswith("/sign-in"):
            answer, signed_in = self.sign_in(answer), True
        landing = self.landed(self.agree(answer))
        assert landing.get("state") == request.get("state")
        assert landing["iss"] == self.op.metadata["issuer"]
        return Landing(landing, signed_in)

    def sign_in(self, answer: httpx.Response) -> httpx.Response:
        self.form_page = self.http.get(answer.headers["location"]).text
        pending = parse_qs(urlsplit(answer.headers["location"]).query)["request"][0]
        form = {"email": EMAIL, "password": PASSWORD, "realm": "customer", "request": pending}
        return self.http.post("/sign-in", data=form, headers=OWN_FORM)

    def agree(self, answer: httpx.Response) -> httpx.Response:
        found = re.search(r'action="/oauth/consent">\s*<input [^>]*value="([^"]+)"', answer.text)
        if found is None:
            return answer
        form = {"request": found.group(1), "allow": "yes"}
        return self.http.post("/oauth/consent", data=form, headers=OWN_FORM)

    def landed(self, answer: httpx.Response) -> dict[str, str]:
        """The parameters of the answer, which must come in the mode that was asked for."""
        if self.mode == "query":
            assert answer.status_code == 303, answer.text
            address, _, query = answer.headers["location"].partition("?")
            assert address == CALLBACK
            return {name: values[0] for name, values in parse_qs(query).items()}
        assert answer.status_code == 200, answer.text
        assert f'method="post" action="{CALLBACK}"' in answer.text
        assert "no-store" in answer.headers["cache-control"]
        pairs = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', answer.text)
        return {html.unescape(name): html.unescape(value) for name, value in pairs}

    # --- what the client does by itself --------------------------------------------------------------------

    def token(self, **form: Any) -> httpx.Response:
        form = {name: value for name, value in form.items() if value is not None}
        client = self.client
        if client.method == "client_secret_post":
            form |= {"client_id": client.id, "client_secret": client.secret}
            return self.http.post(self.op.metadata["token_endpoint"], data=form)
        pair = (client.id, client.secret)
        return self.http.post(self.op.metadata["token_endpoint"], data=form, auth=pair)

    def redeem(self, code: str, **extra: str) -> httpx.Response:
        return self.token(grant_type="authorization_code", code=code, redirect_uri=CALLBACK, **extra)

    def tokens(self, landing: Landing, nonce: str | None = None, **extra: str) -> dict[str, Any]:
        """Redeem a code, and check the answer and its id_token (OpenID Connect Core 3.1.3)."""
        answer = self.redeem(landing.fields["code"], **extra)
        assert answer.status_code == 200, answer.text
        assert answer.headers["cache-control"].endswith("no-store")
        body: dict[str, Any] = answer.json()
        assert body["token_type"].lower() == "bearer"
        body["claims"] = self.id_claims(body, nonce)
        return body

    def id_claims(self, body: dict[str, Any], nonce: str | None) -> dict[str, Any]:
        keys = KeySet.import_key_set(self.op.keys())  # type: ignore[arg-type] # read from JSON
        decoded = jwt.decode(body["id_token"], keys, algorithms=[self.client.alg])
        claims, now = decoded.claims, self.op.now()
        assert decoded.header["kid"] in {key.kid for key in keys.keys}
        assert claims["iss"] == self.op.metadata["issuer"]
        assert (claims["aud"], claims["azp"]) == (self.client.id, self.client.id)
        assert claims["iat"] <= now < claims["exp"]
        assert claims.get("nonce") == nonce
        digest = hashlib.sha256(body["access_token"].encode()).digest()[:16]
        assert claims["at_hash"] == base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        return dict(claims)

    def sign_in_with(self, **changes: Any) -> tuple[dict[str, Any], Landing]:
        """An authorization request to its end: tokens with checked claims, and how it went."""
        request = self.request(**changes)
        landing = self.authorize(request)
        return self.tokens(landing, request.get("nonce")), landing

    def user_info(self, token: str) -> httpx.Response:
        address = self.op.metadata["userinfo_endpoint"]
        return self.http.get(address, headers={"Authorization": f"Bearer {token}"})

    def end_session(self, *, post: bool = False, **parameters: str) -> httpx.Response:
        address = self.op.metadata["end_session_endpoint"]
        if post:
            return self.http.post(address, data=parameters)
        return self.http.get(f"{address}?{urlencode(parameters)}" if parameters else address)

    def is_signed_in(self) -> bool:
        """Whether the provider knows the person, asked without any page."""
        answer = Agent.landed(self, self.open(self.request(prompt="none")))
        assert ("code" in answer) != (answer.get("error") == "login_required"), answer
        return "code" in answer
