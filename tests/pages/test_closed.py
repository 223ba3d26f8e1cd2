"""A closed community tells a guest nothing: one sign-in page at every address."""

import re
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from shared.web.settings import cookie_name
from tests.pages.conftest import Visit
from tests.pages.visitor import Visitor
from tests.tools.conftest import Scene
from tests.tools.house import House

pytestmark = pytest.mark.asyncio(loop_scope="session")


def without_address(html: str) -> str:
    return re.sub(r'(?<=href=")/sign-in[^"]*', "", html)


async def test_a_guest_sees_the_same_everywhere(house: House, scene: Scene, visit: Visit) -> None:
    if house.composition.anonymous_reading:
        pytest.skip("an open community")
    guest = await visit("guest")
    slug = scene.topic["space"]["slug"]
    there = (
        "/",
        f"/s/{slug}",
        f"/s/{slug}?cursor=zzz",
        f"/s/{slug}?tag={'x' * 400}",
        f"/t/{scene.topic['id']}/{scene.topic['slug']}",
        f"/people/{scene.topic['author']['id']}",
        f"/p/{scene.reply['id']}",
        "/me",
        "/search?q=question",
        "/search?q=" + "x" * 900,
        "/manage",
    )
    not_there = ("/s/nothing-here", "/nowhere", "/t/1/2", f"/p/{scene.space}", "/desk")
    pages = [await guest.ask("GET", path) for path in (*there, *not_there)]
    assert {page.status for page in pages} == {401}
    assert len({without_address(page.html) for page in pages}) == 1
    for page in pages:
        assert page.outline().complaints() == []
        assert slug not in without_address(page.html)


async def test_forms_of_a_guest_are_not_taken(house: House, scene: Scene, visit: Visit) -> None:
    guest = await visit("guest")
    path = f"/topics/{scene.topic['id']}/reply"
    shown = await guest.send(path, body="Let me in")
    assert shown.status == 401
    assert shown.says("nothing was sent")


async def test_signing_in_leads_back(house: House, scene: Scene, visit: Visit) -> None:
    guest = await visit("guest")
    asked = f"/s/{scene.topic['space']['slug']}/new?kind=question"
    for path in ("/new?x=1&y=ü", asked):
        shown = await guest.ask("GET", path)
        links = [urlsplit(link) for link in shown.outline().links if link.startswith("/sign-in?")]
        back = {parse_qs(link.query)["return_to"][0] for link in links if "return_to" in link.query}
        assert {unquote(where) for where in back} == {path}


async def test_a_guest_of_an_open_community_reads(house: House, scene: Scene, visit: Visit) -> None:
    if not house.composition.anonymous_reading:
        pytest.skip("a closed community")
    space = await house.space(members="post", anyone=True)
    topic = await scene.author.post(
        "/topics", space=space, kind="question", title="In the open", body="Read me"
    )
    guest = await visit("guest")
    shown = await guest.see(f"/t/{topic['id']}/{topic['slug']}")
    assert shown.says("Read me")
    assert shown.says("Sign in to answer")
    assert "For staff" in shown.html
    forms = [form for form in shown.outline().forms if form.get("method") == "post"]
    assert forms == []
    assert (await guest.see(f"/people/{scene.author.id}")).says("In the open")


async def test_a_session_that_ended_is_a_guest(house: House, scene: Scene) -> None:
    stale = Visitor(house, "stale", cookie="no-such-session")
    assert cookie_name(house.name, house.composition.public_url)
    shown = await stale.ask("GET", "/me")
    assert shown.status == 401


async def test_other_sites_cannot_send_forms(scene: Scene, visit: Visit, house: House) -> None:
    author = await visit("author")
    path, form = f"/topics/{scene.topic['id']}/reply", {"body": "Forged"}
    for headers in (
        {},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://elsewhere.example"},
        {"origin": "null"},
    ):
        assert (await author.ask("POST", path, data=form, headers=headers)).status == 403
    own = {"origin": house.composition.public_url}
    assert (await author.ask("POST", path, data=form, headers=own)).status == 303
