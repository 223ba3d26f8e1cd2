"""The employee side: its database, its app, what its worker does, and people who call it."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg
import httpx
from fastapi import FastAPI
from joserfc.jwk import ECKey

from employee_service.app import create_app
from employee_service.desk.delivery import ReplyDelivery
from employee_service.desk.events import ReplyQueued
from employee_service.desk.gateway import BridgeGateway
from employee_service.desk.jobs import DeskWork
from employee_service.desk.reconcile import Reconciliation, Report
from employee_service.settings import Settings
from shared.db.engine import Database
from shared.jobs.relay import Relay
from shared.kernel.clock import SystemClock
from tests.bridge.identity import PretendedIdentity
from tests.fixtures.server import DatabaseUrls

INSIDE = "http://localhost:8001"
CLIENT = "employee-community"


@dataclass
class Inside:
    urls: DatabaseUrls
    database: Database
    app: FastAPI
    identity: PretendedIdentity
    http: httpx.AsyncClient
    gateway: BridgeGateway

    async def work(self) -> None:
        """Everything the worker would do now, without waiting for news."""
        relay = Relay(self.database, SystemClock(), {ReplyQueued.name: self.delivery})
        desk = DeskWork(self.database, SystemClock(), self.gateway)
        while await relay.run() + await desk.follow(wait=0):
            pass
        await desk.number()

    async def work_once(self) -> None:
        """What waits in the outbox, and nothing of the feed."""
        await Relay(self.database, SystemClock(), {ReplyQueued.name: self.delivery}).run()

    @property
    def delivery(self) -> ReplyDelivery:
        return ReplyDelivery(self.gateway, SystemClock())

    async def reconcile(self) -> Report:
        return await Reconciliation(self.database, SystemClock(), self.gateway, pause=0.01).run()

    def token(self, sub: str = "tomas", **about: Any) -> str:
        """A member of staff signed in to the employee community, customer-facing unless said otherwise."""
        account = self.identity.account(sub, **about)
        return self.identity.token(
            sub=sub,
            client_id=CLIENT,
            aud=INSIDE,
            scope="community:read community:write",
            realm=account.realm,
            roles=account.roles,
            name=account.name,
        )

    async def call(self, method: str, path: str, token: str | None = None, **options: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token or self.token()}"}
        return await self.http.request(method, f"/api/v1/desk{path}", headers=headers, **options)

    async def get(self, path: str) -> Any:
        answer = await self.call("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def answer(self, ref: str, body: str = "Update it.", name: str = "Tomas, Support") -> str:
        reply = {"body": body, "public_name": name}
        answer = await self.call("POST", f"/threads/{ref}/answers", json=reply)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])

    async def sql(self, statement: str, *values: Any) -> list[Any]:
        """As the owner, past every rule."""
        connection = await asyncpg.connect(self.urls.owner)
        try:
            return list(await connection.fetch(statement, *values))
        finally:
            await connection.close()


def inside_settings(urls: DatabaseUrls, identity: PretendedIdentity, bridge_url: str) -> Settings:
    key = ECKey.generate_key("P-256", auto_kid=True)
    values: dict[str, Any] = {
        "EMPLOYEE_PUBLIC_URL": INSIDE,
        "EMPLOYEE_DATABASE_URL": urls.app,
        "EMPLOYEE_SECRET_KEY": "a-secret-of-the-inside-with-32-bytes-or-more",
        "EMPLOYEE_CLIENT_SECRET": "a-client-secret",
        "EMPLOYEE_SIGNING_KEY": json.dumps(key.as_dict(private=True)),
        "BRIDGE_PUBLIC_URL": bridge_url,
        "identity_public_url": identity.url,
    }
    return Settings(**values)


@asynccontextmanager
async def inside_of(
    urls: DatabaseUrls, identity: PretendedIdentity, bridge_url: str, bridge: httpx.AsyncBaseTransport
) -> AsyncIterator[Inside]:
    app = create_app(inside_settings(urls, identity, bridge_url), bridge=bridge)
    http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=INSIDE)
    database = Database(urls.app, pool_size=4)
    async with app.router.lifespan_context(app), http:
        yield Inside(urls, database, app, identity, http, app.state.desk_gateway)
    await database.close()
