"""An answer counts once, for its question, in the browser that asked (Profiles, section 4.1.4.5)."""

import asyncio
import logging
from datetime import timedelta

import pytest

from identity_service.upstreams import service
from identity_service.upstreams.schemas import UpstreamSettings
from identity_service.visit import Caller
from tests.identity.driver import House
from tests.identity.saml.portal import Portal
from tests.identity.saml.test_forgeries import in_response
from tests.identity.saml.visits import PATH, PERSON, asked, connect, followed, posted, reasons, signed_in


async def test_the_post_signs_nobody_in_and_the_browser_that_asked_goes_on(
    house: House, portal: Portal
) -> None:
    browser, other = house.browser(), house.browser()
    portal.says = PERSON
    await asked(other, portal)
    answer = await posted(browser, portal.response(await asked(browser, portal)))
    assert (answer.status_code, "set-cookie" in answer.headers) == (303, False)
    assert answer.headers["location"].startswith(f"{PATH}/callback?state=_")
    assert (await followed(other, answer)).status_code == 400, "another browser"
    assert (await followed(house.browser(), answer)).status_code == 400, "one that never asked"
    assert signed_in(await followed(browser, answer))
    assert (await followed(browser, answer)).status_code == 400, "once"
    assert await reasons(house) == ["no question"] * 3


async def test_an_assertion_counts_once(house: House, portal: Portal) -> None:
    browser = house.browser()
    portal.says = PERSON
    text = portal.response(await asked(browser, portal))
    answer = await posted(browser, text)
    assert (await posted(browser, text)).status_code == 400, "while it waits"
    assert signed_in(await followed(browser, answer))
    assert (await posted(browser, text)).status_code == 400, "and after"
    assert await reasons(house) == ["no question"] * 2


async def test_of_two_equal_answers_at_once_one_counts(house: House, portal: Portal) -> None:
    browser = house.browser()
    portal.says = PERSON
    text = portal.response(await asked(browser, portal))
    answers = await asyncio.gather(*(posted(browser, text) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [303, 400, 400, 400]


async def test_a_question_that_is_old_has_no_answer(house: House, portal: Portal) -> None:
    browser = house.browser()
    request = await asked(browser, portal)
    kept = await posted(browser, portal.response(request))
    late = await asked(browser, portal)
    house.clock.advance(timedelta(minutes=15))
    assert (await posted(browser, portal.response(late))).status_code == 400
    assert (await followed(browser, kept)).status_code == 400


async def test_one_provider_does_not_answer_for_another(house: House, portal: Portal) -> None:
    await connect(house, portal, "south")
    browser = house.browser()
    text = portal.response(await asked(browser, portal))
    assert (await posted(browser, text, "/sign-in/upstream/south")).status_code == 400
    answer = await posted(browser, text)
    crossed = answer.headers["location"].replace("north", "south")
    assert (await browser.get(crossed)).status_code == 400
    assert await reasons(house) == ["no question", "another provider"]


async def test_going_on_without_an_answer_signs_nobody_in(house: House, portal: Portal) -> None:
    browser = house.browser()
    request = await asked(browser, portal)
    assert (await browser.get(f"{PATH}/callback?state={request.id}")).status_code == 400
    assert (await browser.get(f"{PATH}/callback?state={request.id}&code=x")).status_code == 400
    assert await reasons(house) == ["no answer", "no question"]


async def test_what_was_not_asked_for_is_refused_or_makes_us_ask(house: House, portal: Portal) -> None:
    """It is never believed: who begins at the provider's portal is sent back there with a question."""
    browser = house.browser()
    portal.says = PERSON
    request = await asked(browser, portal)
    text = portal.response(request, in_response(in_response_to=None))
    answer = await posted(browser, text)
    assert (answer.status_code, "nobody had asked for" in answer.text) == (400, True)
    assert await reasons(house) == ["unsolicited"]
    await connect(house, portal, admits_unsolicited=True)
    answer = await posted(browser, text)
    assert (answer.status_code, answer.headers["location"]) == (303, PATH)
    assert portal.heard((await followed(browser, answer)).headers["location"], portal.consumer)
    assert await house.fetch("select 1 from upstream_identities") == []


async def test_a_provider_of_another_kind_has_no_such_pages(house: House, portal: Portal) -> None:
    settings = UpstreamSettings(title="Other", issuer="https://x.example", client_id="x")
    async with Caller(services=house.services, now=house.clock.now(), address="console").begin() as visit:
        await service.keep(visit, "other", settings, secret="a secret of theirs")
    browser = house.browser()
    assert (await browser.get("/sign-in/upstream/other/metadata")).status_code == 404
    assert (await posted(browser, "<x/>", "/sign-in/upstream/other")).status_code == 404
    assert (await posted(browser, "<x/>", "/sign-in/upstream/none")).status_code == 404


async def test_a_provider_that_changes_its_kind_takes_nothing_along(house: House, portal: Portal) -> None:
    browser = house.browser()
    portal.says = PERSON
    answer = await posted(browser, portal.response(await asked(browser, portal)))
    settings = UpstreamSettings(title="Other", issuer="https://x.example", client_id="x")
    async with Caller(services=house.services, now=house.clock.now(), address="console").begin() as visit:
        await service.keep(visit, "north", settings, secret="a secret of theirs")
    assert (await followed(browser, answer)).status_code in (400, 503)
    assert await house.fetch("select 1 from upstream_identities") == []


async def test_what_is_kept_of_an_answer_is_sealed(house: House, portal: Portal) -> None:
    browser = house.browser()
    portal.says = PERSON
    await posted(browser, portal.response(await asked(browser, portal)))
    [row] = await house.fetch("select * from upstream_attempts")
    assert row["sealed_answer"]
    assert b"noor" not in bytes(row["sealed_answer"])


async def test_36_no_log_tells_whom_an_answer_is_about(
    house: House,
    portal: Portal,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    browser = house.browser()
    portal.says = PERSON
    text = portal.response(await asked(browser, portal))
    caplog.clear()
    capfd.readouterr()
    await posted(browser, text.replace("person-1", "person-2"))
    assert signed_in(await followed(browser, await posted(browser, text)))
    told = "".join(capfd.readouterr()) + caplog.text
    assert "/acs" in told
    for secret in ("person-1", "person-2", "noor@", "SAMLResponse", "Assertion"):
        assert secret not in told
