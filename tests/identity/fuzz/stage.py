"""A running provider for random calls, and the actors that make them."""

import itertools
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import asyncpg
import httpx

from identity_service import operators
from identity_service.scim import tokens as scim_tokens
from identity_service.settings import Settings
from identity_service.visit import Visit
from shared.kernel.clock import MemoryClock
from tests.fixtures.server import in_thread
from tests.identity.driver import OWN_FORM, PASSWORD, RFC7636_VERIFIER, authorize_url

ACTORS = {
    "nobody": None,
    "customer": {"realm": "customer", "roles": [], "organisation": {"name": "Fieldworks", "partner": True}},
    "colleague": {"realm": "staff", "roles": []},
    "administrator": {"realm": "staff", "roles": ["admin"]},
}
CLI, CLI_CALLBACK = "narrowbridge-cli", "http://127.0.0.1:5123/callback"
_numbers = itertools.count(1)


@dataclass
class Actor:
    """Somebody at a browser; `http` holds the cookies."""

    kind: str
    http: httpx.Client
    email: str = ""
    sub: str = ""
    tokens: dict[str, str] = field(default_factory=dict)

    def post(self, path: str, form: dict[str, str]) -> httpx.Response:
        return self.http.post(path, data=form, headers=OWN_FORM)


class Stage:
    """Actors come signed in and with a fresh proof; whom a random call shut out is replaced by another."""

    def __init__(self, settings: Settings, clock: MemoryClock) -> None:
        self.settings, self.clock, self.url = settings, clock, settings.identity_public_url
        self._actors: dict[str, Actor] = {}

    def client(self) -> httpx.Client:
        """From an address of its own, so that nobody is held up by what others have tried."""
        address = f"198.51.{secrets.randbelow(256)}.{secrets.randbelow(256)}"
        return httpx.Client(base_url=self.url, timeout=60, headers={"X-Forwarded-For": address})

    def actor(self, kind: str) -> Actor:
        actor = self._actors.get(kind)
        if actor is None or not self._is_in(actor):
            actor = self._actors[kind] = self._entered(kind)
        return actor

    def token(self, kind: str) -> str:
        """An access token for the admin API, of somebody who has just signed in."""
        actor = self.actor(kind)
        if "admin" not in actor.tokens:
            actor.tokens["admin"] = self._token(actor)
        headers = {"Authorization": f"Bearer {actor.tokens['admin']}"}
        if actor.http.get("/oauth/userinfo", headers=headers).status_code == 401:
            del self._actors[kind]
            return self.token(kind)
        return actor.tokens["admin"]

    def ids(self, name: str) -> list[str]:
        """Of something that there is, for a parameter of a path; and of something that is not."""
        known = {
            "account_id": [self.actor(kind).sub for kind in ("customer", "colleague")],
            "realm": ["staff", "customer"],
            "client_id": ["demo-crm", "customer-community", "new"],
            "name": ["admin", "partner"],
        }
        return [*known.get(name, []), "00000000-0000-0000-0000-000000000000"]

    def provisioning_token(self) -> str:
        name = f"directory-{next(_numbers)}"
        return str(self.at_the_console(lambda visit: scim_tokens.make(visit, name)))

    def at_the_console(self, act: Callable[[Visit], Any]) -> Any:
        async def run() -> Any:
            async with operators.at_the_console(self.settings) as visit:
                return await act(visit)

        return in_thread(run)

    def execute(self, *statements: str) -> None:
        async def run() -> None:
            connection = await asyncpg.connect(self.settings.identity_database_url.get_secret_value())
            for statement in statements:
                await connection.execute(statement)
            await connection.close()

        in_thread(run)

    def _is_in(self, actor: Actor) -> bool:
        if actor.kind == "nobody":
            return True
        path = "/admin/people" if actor.kind == "administrator" else "/account"
        return actor.http.get(path).status_code == 200

    def _entered(self, kind: str) -> Actor:
        described, actor = ACTORS[kind], Actor(kind, self.client())
        if described is None:
            return actor
        self.execute("delete from sign_in_policies", "delete from limit_counters")
        actor.email = f"{kind}-{next(_numbers)}@inside.example"
        person = described | {"email": actor.email, "name": kind.title(), "password": PASSWORD}
        [made] = self.at_the_console(lambda visit: operators.fill_demo(visit, {"accounts": [person]}))
        actor.sub = made["sub"]
        form = {"email": actor.email, "password": PASSWORD, "realm": str(described["realm"]), "request": ""}
        answer = actor.post("/sign-in", form)
        assert answer.status_code == 303, answer.text
        assert self._is_in(actor), answer.headers["location"]
        return actor

    def _token(self, actor: Actor) -> str:
        asked = authorize_url(
            client_id=CLI,
            redirect_uri=CLI_CALLBACK,
            scope="openid identity:admin",
            resource=self.url,
            realm="staff",
        )
        code = parse_qs(urlsplit(self.agree(actor, actor.http.get(asked))).query)["code"][0]
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CLI_CALLBACK}
        form |= {"client_id": CLI, "code_verifier": RFC7636_VERIFIER}
        return str(actor.http.post("/oauth/token", data=form).json()["access_token"])

    def agree(self, actor: Actor, answer: httpx.Response) -> str:
        """The address to which the browser is sent back."""
        if not answer.is_redirect:
            pending = answer.text.partition('name="request" value="')[2].partition('"')[0]
            answer = actor.post("/oauth/consent", {"request": pending, "allow": "yes"})
        return answer.headers["location"]

    def close(self) -> None:
        for actor in self._actors.values():
            actor.http.close()


def kinds(*left_out: str) -> Iterable[str]:
    return [kind for kind in ACTORS if kind not in left_out]
