"""The panel on a topic's page outside, and the desk's pages inside, as a person gets them."""

import asyncio
import dataclasses
from typing import Any

import httpx
import pytest
from fastapi import Request

from customer_service.app import create_app as customer_app
from customer_service.settings import Settings as CustomerSettings
from employee_service.desk.rendering import harmless
from shared.kernel.actor import ANYONE, MEMBERS, Actor
from shared.kernel.permissions import Level
from shared.oidc import Presented
from tests.bridge.conftest import Outside, Road
from tests.bridge.inside import INSIDE, Inside

OUTSIDE = "http://localhost:8002"
FORM = {"Sec-Fetch-Site": "same-origin"}


class Visitors:
    """Stands in for sign-in: the browser is whoever the test says."""

    def __init__(self, actor: Actor) -> None:
        self.actor = actor

    async def by_bearer(self, token: str) -> Actor:
        return self.actor

    async def by_proof(self, token: str, presented: Presented) -> Actor:
        return self.actor

    async def by_session(self, request: Request) -> Actor:
        return self.actor


@pytest.fixture
async def browser(outside: Outside) -> Any:
    settings: dict[str, Any] = {
        "CUSTOMER_PUBLIC_URL": OUTSIDE,
        "CUSTOMER_DATABASE_URL": outside.urls.app,
        "CUSTOMER_SECRET_KEY": "a-secret-of-the-outside-with-32-bytes-or-more",
        "CUSTOMER_CLIENT_SECRET": "a-client-secret",
        "identity_public_url": outside.identity.url,
    }
    app = customer_app(CustomerSettings(**settings))
    visitors = Visitors(outside.content.author)
    async with app.router.lifespan_context(app):
        app.state.edge.authenticator = visitors
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(
            transport=transport, base_url=OUTSIDE, follow_redirects=True, headers=FORM
        ) as client:
            client.visitors = visitors  # type: ignore[attr-defined]  # for the tests
            yield client


async def test_the_author_asks_and_withdraws_on_the_page(outside: Outside, browser: Any) -> None:
    topic = f"/t/{outside.content.topic}"
    page = (await browser.get(topic)).text
    assert "Ask the company" in page
    assert "Shared with the company" not in page
    asked = await browser.post(f"{topic}/ask-company", data={"reason": "Before Friday, please."})
    assert asked.status_code == 200
    assert "Shared with the company" in asked.text
    assert "Before Friday, please." in asked.text
    assert "Read</dt><dd>never" in asked.text
    await outside.client.thread(outside.staff(), await outside.ref())
    await outside.work()
    assert "Read</dt><dd>once, last <time" in (await browser.get(topic)).text
    withdrawn = await browser.post(f"{topic}/withdraw")
    assert "Withdraw it" not in withdrawn.text
    assert "Deletion confirmed by 0 of 1" in withdrawn.text


@pytest.mark.parametrize("day", ["2026-02-31", "9999-12-31", "0000-01-01"])
async def test_a_day_that_is_not_in_the_calendar_is_refused(outside: Outside, browser: Any, day: str) -> None:
    content = outside.content
    zone = "America/Los_Angeles" if day.startswith("9") else "Asia/Tokyo"
    browser.visitors.actor = dataclasses.replace(content.manager, time_zone=zone)
    form = {"reason": "Nobody here knows.", "until": day}
    refused = await browser.post(f"/t/{content.topic}/share", data=form)
    assert refused.status_code == 422
    assert "There is no such day" in refused.text


async def test_only_who_may_allow_sharing_is_offered_it(outside: Outside, browser: Any) -> None:
    await outside.sql("delete from sharing_spaces")
    moderate = int(Level.MODERATE)
    await outside.sql("update space_grants set level = $1 where group_id = $2", moderate, MEMBERS)
    topic = f"/t/{outside.content.topic}"
    browser.visitors.actor = outside.content.other
    page = (await browser.get(topic)).text
    assert "Nothing can be shared from this space unless its managers allow it" in page
    assert "allow-sharing" not in page
    assert (await browser.post(f"{topic}/allow-sharing")).status_code == 403
    browser.visitors.actor = outside.content.manager
    assert "allow-sharing" in (await browser.get(topic)).text
    assert (await browser.post(f"{topic}/allow-sharing")).status_code == 200


async def test_a_manager_allows_sharing_from_a_space_without_topics_and_takes_it_back(
    outside: Outside, browser: Any
) -> None:
    await outside.sql("delete from sharing_spaces")
    (space,) = await outside.sql("select id, name from spaces limit 1")
    page = f"/manage/spaces/{space['id']}/sharing"
    assert (await browser.get(page)).status_code == 404, "for others there is no such page"
    assert (await browser.post(page, data={"allowed": "true"})).status_code == 404
    browser.visitors.actor = dataclasses.replace(
        outside.content.manager, roles=frozenset({"community_manager"})
    )
    assert page in (await browser.get(f"/manage/spaces/{space['id']}")).text
    assert "Nothing can be shared from" in (await browser.get(page)).text
    allowed = await browser.post(page, data={"allowed": "true"})
    assert "Allow no further sharing" in allowed.text
    assert len(await outside.sql("select 1 from sharing_spaces")) == 1
    await browser.post(page, data={"allowed": "false"})
    assert await outside.sql("select 1 from sharing_spaces") == []


async def test_what_can_be_shared_is_linked_where_one_shares(outside: Outside, browser: Any) -> None:
    link = 'href="http://localhost:8003/what-can-be-shared"'
    topic = f"/t/{outside.content.topic}"
    assert link in (await browser.get(topic)).text
    await outside.ask()
    assert link in (await browser.get(topic)).text


async def test_others_see_the_disclosure_but_no_buttons(outside: Outside, browser: Any) -> None:
    await outside.ask()
    topic = f"/t/{outside.content.topic}"
    for visitor in (outside.content.other, Actor()):
        browser.visitors.actor = visitor
        page = (await browser.get(topic)).text
        assert "Shared with the company" in page
        assert "Withdraw it" not in page
    browser.visitors.actor = outside.content.other
    assert (await browser.post(f"{topic}/withdraw")).status_code == 403


async def test_a_moderator_shares_with_a_reason(outside: Outside, browser: Any) -> None:
    browser.visitors.actor = outside.content.manager
    topic = f"/t/{outside.content.topic}"
    assert "Share over the bridge" in (await browser.get(topic)).text
    form = {"reason": "Nobody knows", "purpose": "product", "audience": "systems", "until": ""}
    shared = await browser.post(f"{topic}/share", data=form)
    assert "A moderator shared this topic" in shared.text
    assert "to improve the product" in shared.text


async def test_an_official_answer_has_its_badge(outside: Outside, inside: Inside, browser: Any) -> None:
    await outside.ask()
    ref = (await inside.get("/threads"))["data"][0]["thread"]["ref"]
    await inside.answer(ref, "Update the **firmware**.", "Tomas, Support")
    await inside.work()
    await outside.work()
    page = (await browser.get(f"/t/{outside.content.topic}")).text
    assert "Official answer" in page
    assert "Tomas, Support" in page
    assert "<strong>firmware</strong>" in page


async def test_the_desk_is_a_page(outside: Outside, inside: Inside) -> None:
    await outside.ask()
    ref = (await inside.get("/threads"))["data"][0]["thread"]["ref"]
    async with pages_of(inside) as browser:
        listed = await browser.get("/desk")
        assert listed.status_code == 200
        assert "The gateway drops out" in listed.text
        noted = await browser.post(f"/desk/{ref}/notes", data={"body": "Known *issue*"})
        assert "<em>issue</em>" in noted.text
        form = {"body": "**Yes**", "public_name": "Support"}
        preview = await browser.post(f"/desk/{ref}/answers/preview", data=form)
        assert "As customers will see it" in preview.text
        assert "Customers will read this" in preview.text
        sent = await browser.post(f"/desk/{ref}/answers", data=form)
        assert "On its way" in sent.text
        refused = await browser.post(f"/desk/{ref}/answers", data={"body": "", "public_name": ""})
        assert refused.status_code == 422
        await outside.withdraw()
        assert "has taken this thread back" in (await browser.get(f"/desk/{ref}")).text


async def test_a_refusal_is_told_until_a_later_answer_arrived(outside: Outside, inside: Inside) -> None:
    await outside.ask()
    ref = (await inside.get("/threads"))["data"][0]["thread"]["ref"]
    await inside.answer(ref, "The first.", "Support")
    await inside.sql(
        "update desk_replies set state = 'refused', reason = 'It named a host.', settled_at = now()"
    )
    async with pages_of(inside) as browser:
        assert "Not delivered: the answer by" in (await browser.get(f"/desk/{ref}")).text
        await inside.answer(ref, "The second.", "Support")
        await inside.work()
        page = (await browser.get(f"/desk/{ref}")).text
    assert "Not delivered: the answer by" not in page
    assert "was not delivered; a later one was" in page


class Watched(httpx.AsyncBaseTransport):
    """The road, which notes how many connections for writing the inside holds while it is used."""

    def __init__(self, inside: Inside, road: httpx.AsyncBaseTransport) -> None:
        self._inside, self._road = inside, road
        self.held: list[int] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.held.append(self._inside.app.state.edge.database.pools()["write"][1])
        await asyncio.sleep(0.05)
        return await self._road.handle_async_request(request)


@pytest.mark.parametrize(
    ("path", "form", "status"),
    [
        ("answers/preview", {"body": "**Yes**", "public_name": "Support"}, 200),
        ("answers/preview", {"body": "Ask 10.0.0.7", "public_name": "Support"}, 422),
        ("answers", {"body": "", "public_name": "Support"}, 422),
        ("notes", {"body": ""}, 422),
    ],
)
async def test_the_bridge_is_never_asked_inside_a_transaction(
    outside: Outside, inside: Inside, road: Road, path: str, form: dict[str, str], status: int
) -> None:
    await outside.ask()
    ref = (await inside.get("/threads"))["data"][0]["thread"]["ref"]
    watched = Watched(inside, road)
    inside.gateway._client._http._transport = watched
    async with pages_of(inside) as browser:
        assert (await browser.post(f"/desk/{ref}/{path}", data=form)).status_code == status
    assert watched.held
    assert set(watched.held) == {0}


async def test_more_previews_at_once_than_there_are_connections(
    outside: Outside, inside: Inside, road: Road
) -> None:
    """Requests that held one each while they ask for a second would wait for one another."""
    await outside.ask()
    ref = (await inside.get("/threads"))["data"][0]["thread"]["ref"]
    inside.gateway._client._http._transport = Watched(inside, road)
    form = {"body": "**Yes**", "public_name": "Support"}
    async with pages_of(inside) as browser:
        sent = [browser.post(f"/desk/{ref}/answers/preview", data=form) for _ in range(14)]
        assert {answer.status_code for answer in await asyncio.gather(*sent)} == {200}


async def test_reading_a_thread_fetches_nothing_from_outside(outside: Outside, inside: Inside) -> None:
    """A picture would tell its owner that somebody inside reads the thread, and from which address."""
    pictures = "![me](https://tracker.example/p.png) <img src='https://tracker.example/q.png'>"
    tracked = f"See {pictures} [here](https://a.example)"
    await outside.sql("update posts set body = $1 where is_first", tracked)
    await outside.ask()
    ref = (await inside.get("/threads"))["data"][0]["thread"]["ref"]
    async with pages_of(inside) as browser:
        page = (await browser.get(f"/desk/{ref}")).text
    assert "tracker.example" not in page
    assert 'href="https://a.example"' in page


def test_what_the_bridge_calls_harmless_is_cleaned_again() -> None:
    assert harmless("<p onclick=x>a</p><script>b</script><img src=x>") == "<p>a</p>"


def pages_of(inside: Inside) -> httpx.AsyncClient:
    """A browser of Tomas, who is customer-facing."""
    accounts = inside.app.state.sign_in.accounts
    person = Actor(None, "Tomas", frozenset({"customer_facing"}), (ANYONE, MEMBERS), None, "tomas")

    async def by_session(request: Request) -> Actor:
        row = await inside.sql("select id from people where sub = 'tomas'")
        return Actor(row[0][0], person.name, person.roles, person.groups, None, person.subject)

    async def access_token(request: Request) -> str:
        return inside.token()

    accounts.by_session, accounts.access_token = by_session, access_token
    transport = httpx.ASGITransport(inside.app)
    return httpx.AsyncClient(transport=transport, base_url=INSIDE, follow_redirects=True, headers=FORM)
