"""A whole community as its clients meet it: the real app over a real database, and people with tokens."""

import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import httpx
from fastapi import FastAPI
from joserfc.jwk import ECKey
from pydantic import TypeAdapter
from sqlalchemy import insert

from customer_service.app import create_app as create_customer_app
from customer_service.settings import Settings as CustomerSettings
from employee_service.app import create_app as create_employee_app
from employee_service.settings import Settings as EmployeeSettings
from shared.db.engine import Database
from shared.kernel.actor import ANYONE, MEMBERS
from shared.kernel.ids import new_id
from shared.tools.people.models import Person
from shared.tools.spaces.groups import MANAGERS
from shared.tools.spaces.models import Group, GroupMember, Space, SpaceGrant
from shared.tools.spaces.schemas import LevelName
from shared.tools.spaces.service import LEVELS
from tests.oidc.conftest import ISSUER, PretendedIdentity

INTERNAL = "http://identity:8000"
MANAGER = "community_manager"
KINDS = ["discussion", "question"]
_numbers = count(1)


@dataclass(frozen=True)
class Composition:
    """What the tests must know about one community."""

    name: str
    port: int
    realm: str
    anonymous_reading: bool
    settings: Callable[..., Any]
    create_app: Callable[..., FastAPI]

    @property
    def public_url(self) -> str:
        return f"http://localhost:{self.port}"

    def environment(self, database_url: str) -> dict[str, str]:
        """The variables that this service is given."""
        prefix, key = self.name.upper(), ECKey.generate_key("P-256", auto_kid=True)
        return {
            "IDENTITY_PUBLIC_URL": ISSUER,
            "IDENTITY_INTERNAL_URL": INTERNAL,
            f"{prefix}_PUBLIC_URL": self.public_url,
            f"{prefix}_DATABASE_URL": database_url,
            f"{prefix}_SECRET_KEY": "k" * 40,
            f"{prefix}_CLIENT_SECRET": "c" * 40,
            "EMPLOYEE_SIGNING_KEY": json.dumps(key.as_dict(private=True)),
        }

    def app(self, database_url: str, identity: PretendedIdentity, **more: str) -> FastAPI:
        given = {
            name.lower() if name.startswith("IDENTITY") else name: value
            for name, value in self.environment(database_url).items()
        }
        no_limits = {"rate_limit_person": "", "rate_limit_address": "", "rate_limit_sign_in": ""}
        http = httpx.AsyncClient(transport=httpx.MockTransport(identity.handle))
        return self.create_app(self.settings(**{**given, **no_limits, **more}), http=http)


COMPOSITIONS = {
    "employee": Composition("employee", 8001, "staff", False, EmployeeSettings, create_employee_app),
    "customer": Composition("customer", 8002, "customer", True, CustomerSettings, create_customer_app),
}


@dataclass
class Caller:
    """Somebody who calls the API; a guest when there is no token."""

    name: str
    client: httpx.AsyncClient
    token: str | None = None
    id: UUID | None = None

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token}"} if self.token else {}

    async def __call__(
        self, method: str, path: str, body: Any = None, *, headers: dict[str, str] | None = None, **more: Any
    ) -> httpx.Response:
        if body is not None:
            more["json"] = body
        url = path if path.startswith("/api/") else f"/api/v1{path}"
        sent = {**self.headers, **(headers or {})}
        raw = [(name.encode(), value.encode("latin-1")) for name, value in sent.items()]
        return await self.client.request(method, url, headers=raw, **more)

    async def get(self, path: str, **more: Any) -> httpx.Response:
        return await self("GET", path, **more)

    async def take(self, path: str, **params: Any) -> Any:
        """The body of a successful GET."""
        answer = await self("GET", path, params={k: str(v) for k, v in params.items() if v is not None})
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def send(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        """The body of a write that must succeed."""
        answer = await self(method, path, body, **more)
        assert answer.status_code < 300, f"{method} {path}: {answer.text}"
        return answer.json() if answer.content else None

    async def post(self, path: str, **fields: Any) -> Any:
        return await self.send("POST", path, TypeAdapter(Any).dump_python(fields, mode="json"))

    async def patch(self, path: str, **fields: Any) -> Any:
        return await self.send("PATCH", path, fields)

    async def put(self, path: str, body: Any = None, **more: Any) -> Any:
        return await self.send("PUT", path, body, **more)

    async def delete(self, path: str) -> Any:
        return await self.send("DELETE", path)


@dataclass
class House:
    """One running community. Tests share it: each makes spaces and people of its own."""

    composition: Composition
    app: FastAPI
    database: Database
    client: httpx.AsyncClient
    identity: PretendedIdentity
    _manager: Caller | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        return self.composition.name

    @property
    def guest(self) -> Caller:
        return Caller("guest", self.client)

    def token(self, sub: str, /, **claims: Any) -> str:
        """An access token for this community, signed by the pretended identity."""
        now = int(time.time())
        fields: dict[str, Any] = {
            "sub": sub,
            "aud": self.composition.public_url,
            "realm": self.composition.realm,
            "roles": [],
            "name": sub,
            "iat": now,
            "exp": now + 3600,
            "jti": uuid4().hex,
        }
        return self.identity.sign(**{**fields, **claims})

    async def person(self, name: str = "person", **claims: Any) -> Caller:
        """A member of the community with an account of their own."""
        sub = f"{name}-{next(_numbers)}-{uuid4().hex[:6]}"
        caller = Caller(name, self.client, self.token(sub, **claims))
        caller.id = UUID((await caller.take("/me"))["id"])
        return caller

    async def manager(self) -> Caller:
        if self._manager is None:
            self._manager = await self.person("manager", realm="staff", roles=[MANAGER])
        return self._manager

    async def peopled(self, levels: dict[str, LevelName | None]) -> tuple[dict[str, Caller], UUID]:
        """People by name and a space in which each may do so much, all written at once: what `person`,
        `group` and `space` do by 15 requests. Most tests begin with it.
        """
        owner, now = (await self.manager()).id, datetime.now(UTC).replace(microsecond=0)
        person = {"realm": self.composition.realm, "told_at": now, "created_at": now, "updated_at": now}
        people: dict[str, Caller] = {}
        rows: dict[type[Any], list[dict[str, Any]]] = defaultdict(list)
        space = new_id()
        rows[Space] = [_named("space", id=space, owner_id=owner, kinds=KINDS, created_at=now, version=2)]
        rows[SpaceGrant] = [{"space_id": space, "group_id": MANAGERS, "level": LEVELS["manage"]}]
        for name, level in levels.items():
            who, group, sub = new_id(), new_id(), f"{name}-{next(_numbers)}-{uuid4().hex[:6]}"
            people[name] = Caller(name, self.client, self.token(sub, iat=int(now.timestamp())), who)
            rows[Person].append({"id": who, "sub": sub, "name": sub, **person})
            if level:
                rows[Group].append(_named("group", id=group, created_at=now))
                rows[GroupMember].append({"group_id": group, "person_id": who, "joined_at": now})
                rows[SpaceGrant].append({"space_id": space, "group_id": group, "level": LEVELS[level]})
        async with self.database.transaction() as session:
            for model in (Person, Group, GroupMember, Space, SpaceGrant):
                await session.execute(insert(model), rows[model])
        return people, space

    async def group(self, *members: Caller) -> UUID:
        manager, slug = await self.manager(), f"group-{uuid4().hex[:12]}"
        group = UUID((await manager.post("/groups", slug=slug, name=slug))["id"])
        for member in members:
            await manager.put(f"/groups/{group}/members/{member.id}")
        return group

    async def space(
        self,
        grants: dict[UUID, str] | None = None,
        *,
        members: str | None = None,
        anyone: bool = False,
        kinds: Iterable[str] = KINDS,
    ) -> UUID:
        """A space of its own with these grants."""
        manager, slug = await self.manager(), f"space-{uuid4().hex[:12]}"
        space = await manager.post("/spaces", slug=slug, name=slug, kinds=list(kinds))
        wanted = dict(grants or {})
        if members:
            wanted[MEMBERS] = members
        if anyone:
            wanted[ANYONE] = "see"
        if wanted:
            listed = [{"group": str(group), "level": level} for group, level in wanted.items()]
            await manager.put(
                f"/spaces/{space['id']}/grants", {"grants": listed}, headers={"if-match": '"v1"'}
            )
        return UUID(space["id"])


def _named(what: str, **values: Any) -> dict[str, Any]:
    name = f"{what}-{uuid4().hex[:12]}"
    return {"slug": name, "name": name, **values}
