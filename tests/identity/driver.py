"""Browsers and programs that use the identity service in tests."""

import base64
import hashlib
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import httpx
from fastapi import FastAPI
from joserfc import jws

from identity_service.audit import service as audit
from identity_service.visit import Services
from shared.kernel.clock import MemoryClock
from shared.oidc import AuthorizationRequest, RelyingParty, TokenSet, TokenVerifier
from tests.fixtures.server import DatabaseUrls

ISSUER, EMPLOYEE = "http://localhost:8000", "http://localhost:8001"
CUSTOMER, BRIDGE = "http://localhost:8002", "http://localhost:8003"
SCOPE = "openid profile email community:read community:write"
PASSWORD = "an unlikely sentence 7"
OWN_FORM = {"Sec-Fetch-Site": "same-origin"}


@dataclass
class House:
    """The running service and what a test may move."""

    app: FastAPI
    services: Services
    clock: MemoryClock
    subs: dict[str, str]
    urls: DatabaseUrls

    def http(self, address: str = "192.0.2.1") -> httpx.AsyncClient:
        transport = httpx.ASGITransport(app=self.app, client=(address, 12345))
        return httpx.AsyncClient(transport=transport, base_url=ISSUER)

    def party(
        self, client_id: str, secret: str | None, url: str, http: httpx.AsyncClient, *, path: str = ""
    ) -> RelyingParty:
        return RelyingParty(
            issuer=ISSUER,
            internal_url=ISSUER,
            client_id=client_id,
            client_secret=secret,
            redirect_uri=f"{url}{path or '/sign-in/callback'}",
            http=http,
            clock=self.now,
        )

    def now(self) -> float:
        return self.clock.now().timestamp()

    def verifier(self, audience: str) -> TokenVerifier:
        jwks = f"{ISSUER}/.well-known/jwks.json"
        return TokenVerifier(ISSUER, jwks, audience, self.http(), clock=self.now)

    def browser(self, address: str = "192.0.2.1") -> "Browser":
        return Browser(self.http(address))

    async def execute(self, statement: str, *arguments: Any) -> None:
        async with self.services.database.engine.begin() as connection:
            raw = await connection.get_raw_connection()
            assert raw.driver_connection is not None
            await raw.driver_connection.execute(statement, *arguments)

    async def fetch(self, statement: str, *arguments: Any) -> list[dict[str, Any]]:
        """Rows; of the audit log also those that the worker would number within seconds."""
        if "audit_rows" in statement:
            await audit.number(self.services.database)
        async with self.services.database.engine.connect() as connection:
            raw = await connection.get_raw_connection()
            assert raw.driver_connection is not None
            return [dict(row) for row in await raw.driver_connection.fetch(statement, *arguments)]

    async def deactivate(self, email: str) -> None:
        await self.execute(
            "update accounts set deactivated_at = $1 where email_key = $2", self.clock.now(), email
        )


@dataclass
class Browser:
    """A person's browser: keeps cookies, fills in forms, follows no redirect by itself."""

    http: httpx.AsyncClient
    pages: list[str] = field(default_factory=list)

    @property
    def session_cookies(self) -> set[str]:
        """The cookies that sign somebody in: not those by which a browser is known."""
        return {name for name in self.http.cookies if "-device" not in name}

    @property
    def bare(self) -> "Browser":
        """The same browser where it sends no cookie: for another site's form."""
        return Browser(httpx.AsyncClient(transport=self.http._transport, base_url=self.http.base_url))

    async def get(self, url: str, **kwargs: Any) -> httpx.Response:
        return await self.http.get(url, **kwargs)

    async def post(self, url: str, data: Mapping[str, Any], **kwargs: Any) -> httpx.Response:
        return await self.http.post(url, data=dict(data), headers=kwargs.pop("headers", OWN_FORM), **kwargs)

    async def sign_in(
        self, email: str, *, realm: str, pending: str = "", password: str = PASSWORD
    ) -> httpx.Response:
        form = {"email": email, "password": password, "realm": realm, "request": pending}
        return await self.post("/sign-in", form)

    async def authorize(self, request: AuthorizationRequest, email: str | None = None) -> dict[str, str]:
        """Go through the authorization request, signing in when asked; the query of the callback."""
        answer = await self.get(request.url)
        if answer.headers["location"].startswith("/sign-in"):
            assert email is not None, "a sign-in page came"
            answer = await self.sign_in(email, realm="", pending=pending_of(answer))
        return callback(await self.agree(answer))

    async def agree(self, answer: httpx.Response) -> httpx.Response:
        """Consent, when the page that asks for it came."""
        found = re.search(
            r'action="/oauth/consent">\s*<input type="hidden" name="request" value="([^"]+)"', answer.text
        )
        if found is None:
            return answer
        return await self.post("/oauth/consent", {"request": found.group(1), "allow": "yes"})


def pending_of(answer: httpx.Response) -> str:
    assert answer.status_code == 303, answer.text
    return parse_qs(urlsplit(answer.headers["location"]).query)["request"][0]


def callback(answer: httpx.Response) -> dict[str, str]:
    """The query with which the browser is sent back to the client."""
    assert answer.status_code == 303, answer.text
    location = answer.headers["location"]
    assert location.startswith("http"), location
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}


async def signed_in(
    house: House,
    party: RelyingParty,
    email: str,
    *,
    realm: str,
    resource: str,
    browser: Browser | None = None,
) -> TokenSet:
    """The whole way: authorization request, sign-in page, callback, tokens."""
    request = await party.begin(scope=SCOPE, resource=resource, realm=realm)
    answer = await (browser or house.browser()).authorize(request, email)
    return await party.complete(answer, request)


def payload(token: str) -> dict[str, Any]:
    """What a token says, unchecked."""
    return dict(json.loads(jws.extract_compact(token.encode()).payload or b"{}"))


def basic(client_id: str, secret: str) -> dict[str, str]:
    pair = f"{quote(client_id, safe='')}:{quote(secret, safe='')}"
    return {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}


EMPLOYEE_AUTH = basic("employee-community", "e" * 43)
CUSTOMER_AUTH = basic("customer-community", "c" * 43)
CRM_AUTH = basic("demo-crm", "d" * 43)


def verifier_and_challenge() -> tuple[str, str]:
    verifier = secrets.token_urlsafe(48)
    digest = hashlib.sha256(verifier.encode()).digest()
    return verifier, base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def authorize_url(**changes: Any) -> str:
    """An authorization request by hand; a value of None leaves the parameter out."""
    values = {
        "response_type": "code",
        "client_id": "employee-community",
        "redirect_uri": f"{EMPLOYEE}/sign-in/callback",
        "scope": SCOPE,
        "state": "a-state",
        "nonce": "a-nonce",
        "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        "code_challenge_method": "S256",
        **changes,
    }
    return "/oauth/authorize?" + urlencode({k: v for k, v in values.items() if v is not None}, doseq=True)


RFC7636_VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"


def link_in(text: str) -> str:
    """The address in a mail, without the host."""
    found = re.search(rf"{re.escape(ISSUER)}(\S+)", text)
    assert found, text
    return found.group(1)
