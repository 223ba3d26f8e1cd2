"""Invitations of colleagues, and organisations that look after their own people."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from identity_service.organisations import service
from identity_service.organisations.errors import BadDomain
from identity_service.visit import Caller
from shared.oidc import RelyingParty
from tests.identity.driver import CUSTOMER, OWN_FORM, Browser, House, link_in, payload, signed_in

PRIYA, ANA = "priya@outside.example", "ana@outside.example"
GOOD = "four random words 9"
PAGE = "/account/organisation"


def proof_for(path: str) -> str:
    """Where somebody proves again who they are, to come back to `path`."""
    return "/sign-in?" + urlencode({"realm": "customer", "next": path, "prove": "again"})


async def mails(house: House, to: str) -> list[dict[str, Any]]:
    answer = await house.http().get("/dev/mail", params={"to": to}, headers={"Accept": "application/json"})
    return list(answer.json()["data"])


async def newest_link(house: House, to: str) -> str:
    return link_in((await mails(house, to))[0]["body"])


def token_of(link: str) -> str:
    return link.split("token=")[1]


async def keeper(house: House, domain: str = "outside.example") -> Browser:
    """Priya, who looks after the people of Fieldworks, whose domain staff have confirmed."""
    await house.execute("update accounts set is_organisation_admin = true where email_key = $1", PRIYA)
    async with Caller(services=house.services, now=house.clock.now(), address="console").begin() as visit:
        await service.vouch(visit, await service.named(visit, "Fieldworks"), domain)
    browser = house.browser()
    await browser.sign_in(PRIYA, realm="customer")
    return browser


async def accept(house: House, to: str, **changes: str) -> Any:
    link = await newest_link(house, to)
    browser = house.browser()
    shown = await browser.get(link)
    assert shown.status_code == 200
    return await browser.post(
        "/invitation", {"token": token_of(link), "name": "New", "password": GOOD} | changes
    )


@pytest.mark.parametrize("path", ["", "/invite", "/withdraw", "/remove", "/domain", "/drop-domain"])
async def test_only_who_looks_after_an_organisation_knows_of_the_page(house: House, path: str) -> None:
    for email, realm in ((PRIYA, "customer"), (ANA, "customer"), ("maja@inside.example", "staff")):
        browser = house.browser()
        await browser.sign_in(email, realm=realm)
        assert PAGE not in (await browser.get("/account")).text
        answer = await (browser.post(PAGE + path, {"domain": "a.example"}) if path else browser.get(PAGE))
        assert answer.status_code == 404, email
        if path:
            assert (await browser.post(PAGE + path, {}, headers={})).status_code == 403


async def test_somebody_new_joins_by_invitation(house: House, customer: RelyingParty) -> None:
    browser = await keeper(house)
    sent = await browser.post(f"{PAGE}/invite", {"email": "Sam@Outside.example"})
    assert sent.headers["location"] == f"{PAGE}?done=invited"
    assert "sam@outside.example" in (await browser.get(PAGE)).text
    assert (await mails(house, "sam@outside.example"))[0]["subject"].startswith("Fieldworks invites you")
    assert (await accept(house, "sam@outside.example", password="password1")).status_code == 422
    assert (await accept(house, "sam@outside.example")).status_code == 303
    link = await newest_link(house, "sam@outside.example")
    assert (await house.browser().get(link)).status_code == 410, "once"
    sam = house.browser()
    await sam.sign_in("sam@outside.example", realm="customer", password=GOOD)
    tokens = await signed_in(
        house, customer, "sam@outside.example", realm="customer", resource=CUSTOMER, browser=sam
    )
    assert "partner" in payload(tokens.access_token)["roles"]
    assert "Sam" not in (await sam.get(PAGE)).text
    assert (await sam.get(PAGE)).status_code == 404, "belonging is not looking after"


async def test_who_has_an_account_joins_with_it_and_with_no_other(house: House) -> None:
    browser = await keeper(house)
    await browser.post(f"{PAGE}/invite", {"email": ANA, "admin": "true"})
    form = {"token": token_of(await newest_link(house, ANA)), "name": "Mallory", "password": GOOD}
    assert (await house.browser().post("/invitation", form)).status_code == 303
    assert (await browser.post("/invitation", form)).status_code == 410, "Priya was not invited"
    rows = await house.fetch("select organisation_id, name from accounts where email_key = $1", ANA)
    assert rows == [{"organisation_id": None, "name": "Ana"}]
    ana = house.browser()
    await ana.sign_in(ANA, realm="customer")
    assert (await ana.post("/invitation", form)).headers["location"] == "/account?realm=customer"
    page = (await ana.get(PAGE)).text
    assert "Priya" in page
    assert (await ana.sign_in(ANA, realm="customer")).status_code == 303, "her password stays"
    kinds = await house.fetch("select kind from security_events where account_id::text = $1", house.subs[ANA])
    assert any(row["kind"].endswith("token-claims-change") for row in kinds)


@pytest.mark.parametrize(
    "email",
    ["sam@elsewhere.example", "sam@sub.outside.example", "sam@outside.example.evil.example", "none", PRIYA],
)
async def test_invitations_go_to_the_confirmed_domain_alone(house: House, email: str) -> None:
    browser = await keeper(house)
    before = len(await house.fetch("select 1 from mails"))
    refused = await browser.post(f"{PAGE}/invite", {"email": email, "admin": "true"})
    assert refused.status_code == 422
    assert f'value="{email}"' in refused.text
    assert 'name="admin" value="true" checked' in refused.text
    assert len(await house.fetch("select 1 from mails")) == before


async def test_an_invitation_is_withdrawn_and_ends_after_a_week(house: House) -> None:
    browser = await keeper(house)
    await browser.post(f"{PAGE}/invite", {"email": "sam@outside.example"})
    link = await newest_link(house, "sam@outside.example")
    found = re.search(r'name="invitation" value="([^"]+)"', (await browser.get(PAGE)).text)
    assert found
    for wrong in ("", "x", "4f3c9b4e-0000-4000-8000-000000000000"):
        assert (await browser.post(f"{PAGE}/withdraw", {"invitation": wrong})).status_code == 404
    await browser.post(f"{PAGE}/withdraw", {"invitation": found.group(1)})
    assert (await house.browser().get(link)).status_code == 410
    await browser.post(f"{PAGE}/invite", {"email": "sam@outside.example"})
    link = await newest_link(house, "sam@outside.example")
    house.clock.advance(timedelta(days=7, seconds=1))
    assert (await house.browser().get(link)).status_code == 410


async def test_removing_takes_the_rights_and_leaves_the_account(house: House) -> None:
    browser = await keeper(house)
    await browser.post(f"{PAGE}/invite", {"email": "sam@outside.example"})
    await accept(house, "sam@outside.example")
    [sam] = await house.fetch("select id::text from accounts where email_key = 'sam@outside.example'")
    for other in (house.subs[PRIYA], house.subs[ANA], house.subs["maja@inside.example"], "x"):
        assert (await browser.post(f"{PAGE}/remove", {"person": other})).status_code == 404
    await browser.post(f"{PAGE}/remove", {"person": sam["id"]})
    assert "Sam" not in (await browser.get(PAGE)).text
    rows = await house.fetch("select organisation_id from accounts where email_key = 'sam@outside.example'")
    assert rows == [{"organisation_id": None}]
    assert (await mails(house, "sam@outside.example"))[0]["subject"] == "You no longer belong to Fieldworks"
    seen = await house.fetch(
        "select actor from audit_rows where event = 'account.organisation_left' and account_id::text = $1",
        sam["id"],
    )
    assert seen == [{"actor": f"account:{house.subs[PRIYA]}"}]


async def test_24_removing_people_and_domains_asks_who_one_is(house: House) -> None:
    browser = await keeper(house)
    house.clock.advance(timedelta(minutes=11))
    for path, form in (
        ("/remove", {"person": house.subs[ANA]}),
        ("/domain", {"domain": "other.example"}),
        ("/drop-domain", {"domain": "outside.example"}),
    ):
        answer = await browser.post(PAGE + path, form)
        assert answer.headers["location"] == proof_for(PAGE)


async def test_a_domain_is_confirmed_by_those_who_run_it(house: House) -> None:
    browser = await keeper(house)
    asked = await browser.post(f"{PAGE}/domain", {"domain": " Fieldworks.Example. "})
    assert asked.headers["location"] == f"{PAGE}?done=domain-asked"
    assert "Waits to be confirmed" in (await browser.get(PAGE)).text
    assert (await browser.post(f"{PAGE}/invite", {"email": "x@fieldworks.example"})).status_code == 422
    assert len(await mails(house, "admin@fieldworks.example")) == 1
    link = await newest_link(house, "postmaster@fieldworks.example")
    anybody = house.browser()
    assert "postmaster@fieldworks.example" in (await anybody.get(link)).text
    done = await anybody.http.post("/domain", data={"token": token_of(link)}, headers=OWN_FORM)
    assert "The domain is confirmed" in done.text
    assert (await anybody.post("/domain", {"token": token_of(link)})).status_code == 410
    assert (await browser.post(f"{PAGE}/invite", {"email": "x@fieldworks.example"})).status_code == 303
    await browser.post(f"{PAGE}/drop-domain", {"domain": "fieldworks.example"})
    assert (await browser.post(f"{PAGE}/invite", {"email": "y@fieldworks.example"})).status_code == 422


async def test_a_domain_belongs_to_one_organisation(house: House) -> None:
    browser = await keeper(house)
    async with Caller(services=house.services, now=house.clock.now(), address="console").begin() as visit:
        other = await service.found(visit, name="Rival", is_partner=True, by="operator")
        await service.vouch(visit, other, "rival.example")
        await service.add_domain(visit, other, "fieldworks.example")
    assert (await browser.post(f"{PAGE}/domain", {"domain": "rival.example"})).status_code == 422
    await browser.post(f"{PAGE}/domain", {"domain": "fieldworks.example"})
    link = await newest_link(house, "postmaster@fieldworks.example")
    async with Caller(services=house.services, now=house.clock.now(), address="console").begin() as visit:
        await service.vouch(visit, await service.named(visit, "Rival"), "fieldworks.example")
    assert (await house.browser().post("/domain", {"token": token_of(link)})).status_code == 410


@pytest.mark.parametrize(
    "domain",
    ["", "localhost", "com", "gmail.com", "a b.example", "x@y.example", "192.0.2.1", "-a.example", "a..b"],
)
def test_what_is_no_organisations_domain(domain: str) -> None:
    with pytest.raises(BadDomain):
        service.clean_domain(domain)


def test_domains_are_compared_in_one_form() -> None:
    assert service.clean_domain("BÜCHER.example.") == service.clean_domain("xn--bcher-kva.example")
