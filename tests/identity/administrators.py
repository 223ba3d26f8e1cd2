"""The admin API as administrators and others call it, in tests."""

from dataclasses import dataclass
from typing import Any

import httpx

from shared.oidc import RelyingParty
from tests.identity.driver import CUSTOMER, ISSUER, House, signed_in

ANA, INES, MAJA = "ana@outside.example", "ines@inside.example", "maja@inside.example"
ADMIN = "ines@inside.example"
SCOPE = "openid identity:admin"


@dataclass
class Api:
    """The API with the token of one caller."""

    house: House
    http: httpx.AsyncClient
    headers: dict[str, str]

    async def call(self, method: str, path: str, **more: Any) -> httpx.Response:
        headers = self.headers | more.pop("headers", {})
        return await self.http.request(method, f"/api/v1/admin{path}", headers=headers, **more)

    async def get(self, path: str, **more: Any) -> httpx.Response:
        return await self.call("GET", path, **more)

    async def post(self, path: str, json: Any = None, **more: Any) -> httpx.Response:
        return await self.call("POST", path, json={} if json is None else json, **more)

    async def matching(self, method: str, path: str, json: Any, at: str = "") -> httpx.Response:
        """A change to what was just read."""
        tag = (await self.get(at or path)).headers["etag"]
        return await self.call(method, path, json=json, headers={"If-Match": tag})


async def token_of(house: House, email: str, *, realm: str = "staff", scope: str = SCOPE) -> str:
    """A token of the command line's client for identity itself, or what it gets instead."""
    async with house.http() as http:
        party = RelyingParty(
            issuer=ISSUER,
            internal_url=ISSUER,
            client_id="narrowbridge-cli",
            client_secret=None,
            redirect_uri="http://127.0.0.1:5123/callback",
            http=http,
            clock=house.now,
        )
        request = await party.begin(scope=scope, resource=ISSUER, realm=realm)
        answer = await house.browser().authorize(request, email)
        return (await party.complete(answer, request)).access_token


async def make_admin(house: House, email: str = ADMIN) -> None:
    await house.execute(
        "update accounts set roles = '{admin}', given_roles = '{admin}' where email_key = $1", email
    )


async def api_of(house: House, token: str | None) -> Api:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return Api(house, house.http("192.0.2.9"), headers)


async def caller(house: House, who: str) -> Api:
    """One of the actors of the table below."""
    await make_admin(house)
    match who:
        case "nobody":
            return await api_of(house, None)
        case "member of the community":
            async with house.http() as http:
                party = house.party("customer-community", "c" * 43, CUSTOMER, http)
                tokens = await signed_in(house, party, ANA, realm="customer", resource=CUSTOMER)
            return await api_of(house, tokens.access_token)
        case "staff":
            return await api_of(house, await token_of(house, "tomas@inside.example"))
        case "community_manager":
            return await api_of(house, await token_of(house, MAJA))
        case "admin without the scope":
            return await api_of(house, await token_of(house, ADMIN, scope="openid"))
        case "admin without step-up":
            api = await api_of(house, await token_of(house, ADMIN))
            await house.execute("update grants set auth_time = auth_time - interval '11 minutes'")
            return api
        case _:
            return await api_of(house, await token_of(house, ADMIN))
