"""What other tools show on a topic's page, in slots that the core fills without knowing them."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert

from customer_service.sharing.models import OfficialPost, SharingSpace
from shared.kernel.clock import SystemClock
from shared.kernel.ids import new_id
from shared.tools.transfer.models import PostAttribution
from tests.pages.conftest import Visit
from tests.tools.conftest import Scene
from tests.tools.house import House

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def add(house: House, model: type[Any], **values: Any) -> None:
    async with house.database.transaction() as session:
        await session.execute(insert(model).values(**values))


async def test_the_source_stands_under_an_imported_post(house: House, scene: Scene, visit: Visit) -> None:
    await add(
        house,
        PostAttribution,
        post_id=UUID(scene.reply["id"]),
        site="pumps.example.com",
        source_url="https://pumps.example.com/a/7",
        author_name="Some <One>",
        author_url=None,
        licence="CC BY-SA 4.0",
        imported_score=2,
        imported_at=SystemClock().now(),
    )
    reader = await visit("reader")
    for path in (f"/t/{scene.topic['id']}/{scene.topic['slug']}", f"/p/{scene.reply['id']}/comments"):
        page = await reader.see(path)
        assert page.html.count("https://pumps.example.com/a/7") == 1
        assert page.says("By Some <One>, from")


async def test_an_official_answer_wears_its_badge(house: House, scene: Scene, visit: Visit) -> None:
    if house.name != "customer":
        pytest.skip("answers come from inside")
    path = f"/t/{scene.topic['id']}/{scene.topic['slug']}"
    reader = await visit("reader")
    assert not (await reader.see(path)).says("Official answer")
    await add(
        house,
        OfficialPost,
        post_id=UUID(scene.reply["id"]),
        message_id=new_id(),
        public_name="Device support",
        posted_at=SystemClock().now(),
    )
    page = await reader.see(path)
    assert page.html.count("Official answer") == 1
    assert page.says("Device support")


async def test_the_author_may_ask_the_company(house: House, scene: Scene, visit: Visit) -> None:
    """The panel, its form, and the line that says who reads along afterwards."""
    if house.name != "customer":
        pytest.skip("customers ask")
    await add(house, SharingSpace, space_id=scene.space, allowed_at=SystemClock().now())
    author, reader = await visit("author"), await visit("reader")
    path = f"/t/{scene.topic['id']}/{scene.topic['slug']}"
    assert "/ask-company" not in (await reader.see(path)).html
    assert "/ask-company" in (await author.see(path)).html
    sent = await author.send(f"/t/{scene.topic['id']}/ask-company", reason="Before Friday")
    assert sent.status == 303
    page = await author.follow(sent.where.split("#")[0])
    assert page.outline().complaints() == []
    assert page.says("Shared with the company")
    assert page.says("and staff who look after customers")
    withdrawn = await author.send(f"/t/{scene.topic['id']}/withdraw")
    assert withdrawn.status == 303
    assert not (await author.see(path)).says("and staff who look after customers")
