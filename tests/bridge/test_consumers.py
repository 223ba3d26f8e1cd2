"""Admitting a program to the bridge, and taking that back."""

import asyncio

from customer_service.sharing import feed
from customer_service.sharing.schemas import SharingCreate
from customer_service.sharing.service import SharingService
from shared.kernel.clock import SystemClock
from tests.bridge.conftest import BRIDGE, Outside, Road
from tests.bridge.content import context
from tests.bridge.identity import PretendedIdentity
from tests.bridge.inside import inside_of
from tests.fixtures.databases import World

CRM = "a-crm"
READ = "bridge:read bridge:changes"


async def register(outside: Outside, client_id: str = CRM) -> bool:
    async with outside.database.transaction() as session:
        return await feed.register(
            session,
            client_id=client_id,
            name="The CRM",
            audiences=["staff"],
            purposes=["support"],
            now=SystemClock().now(),
        )


async def remove(outside: Outside) -> bool:
    async with outside.database.transaction() as session:
        return await feed.remove(session, CRM, now=SystemClock().now())


async def changes(outside: Outside) -> list[str]:
    await outside.work()
    page = await outside.get("/changes", outside.program(READ, CRM))
    assert page.status_code == 200, page.text
    return [change["type"] for change in page.json()["data"]]


async def test_registering_says_whether_it_was_new(outside: Outside) -> None:
    assert await register(outside) is True
    assert await register(outside) is False


async def test_a_sharing_made_meanwhile_is_told(outside: Outside) -> None:
    async with outside.database.transaction() as session:
        service = SharingService(context(session, outside.content.manager))
        await service.share(outside.content.topic, SharingCreate(purpose="support", reason="Why not."))
        registering = asyncio.create_task(register(outside))
        done, _ = await asyncio.wait({registering}, timeout=0.5)
        assert not done
    assert await registering
    assert await changes(outside) == ["shared"]


async def test_what_a_removed_program_read_is_withdrawn_from_it_alone(outside: Outside) -> None:
    await outside.share()
    await register(outside)
    token = outside.program(READ, CRM)
    assert len((await outside.get("/threads", token)).json()["data"]) == 1
    assert await remove(outside) is True
    assert await remove(outside) is False
    assert (await outside.get("/threads", token)).json()["data"] == []
    assert await changes(outside) == ["shared", "withdrawn"]
    assert len((await outside.client.threads(outside.staff())).body.data) == 1
    await outside.withdraw()
    assert await changes(outside) == ["shared", "withdrawn"]
    await outside.share()
    assert await changes(outside) == ["shared", "withdrawn"]


async def test_a_removed_program_can_be_admitted_again(outside: Outside) -> None:
    await outside.share()
    await register(outside)
    await remove(outside)
    assert await register(outside) is True
    assert await changes(outside) == ["shared", "withdrawn", "shared"]
    assert len((await outside.get("/threads", outside.program(READ, CRM))).json()["data"]) == 1


async def test_the_desk_lets_go_of_the_bridge_when_it_ends(
    world: World, identity: PretendedIdentity, road: Road
) -> None:
    async with inside_of(await world.database("employee"), identity, BRIDGE, road) as inside:
        http = inside.gateway._client._http
        assert not http.is_closed
    assert http.is_closed
