"""The way in (Profiles, section 4.1)."""

from datetime import timedelta
from typing import Any

import pytest

from identity_service.policy import service as policies
from identity_service.policy.service import Policy
from identity_service.visit import Caller
from shared.oidc import RelyingParty
from tests.identity.driver import EMPLOYEE, PASSWORD, SCOPE, House, callback, payload
from tests.identity.saml.portal import GROUPS, MAIL, PASSWORD_CLASS, Portal, stamp
from tests.identity.saml.visits import (
    MAJA,
    NEW,
    PATH,
    PERSON,
    arrived,
    asked,
    connect,
    followed,
    posted,
    reasons,
    roles_of,
    signed_in,
)


async def test_somebody_new_gets_an_account_and_the_community_its_tokens(
    house: House, employee: RelyingParty, portal: Portal
) -> None:
    browser = house.browser()
    request = await employee.begin(scope=SCOPE, resource=EMPLOYEE, realm="staff")
    pending = (await browser.get(request.url)).headers["location"].rpartition("?")[2]
    portal.says = PERSON
    heard = await asked(browser, portal, f"?{pending}")
    back = await followed(browser, await posted(browser, portal.response(heard)))
    tokens = await employee.complete(callback(back), request)

    said = payload(tokens.access_token)
    assert (said["realm"], said["name"], said["roles"]) == ("staff", "Noor", ["customer_facing"])
    assert tokens.id_claims["amr"] == ["fed"]
    events = await house.fetch("select event from audit_rows where event like 'upstream.%' order by number")
    assert [row["event"] for row in events] == [
        "upstream.applied",
        "upstream.provisioned",
        "upstream.linked",
        "upstream.signed_in",
    ]


@pytest.mark.parametrize("signs", [("assertion",), ("response",), ("assertion", "response")])
async def test_a_signature_on_the_assertion_or_the_response_is_enough(
    house: House, portal: Portal, signs: tuple[str, ...]
) -> None:
    portal.signs = signs
    assert signed_in(await arrived(house.browser(), portal))


async def test_33_an_equal_address_links_nothing(house: House, portal: Portal) -> None:
    browser = house.browser()
    answer = await arrived(browser, portal, says={MAIL: MAJA})
    assert answer.headers["location"] == "/sign-in/upstream-offer"
    assert "Which account is yours?" in (await browser.get("/sign-in/upstream-offer")).text
    assert await house.fetch("select 1 from upstream_identities") == []
    form = {"email": MAJA, "password": PASSWORD, "realm": "staff", "next": "/account/upstreams/confirm"}
    await browser.post("/sign-in", form)
    await browser.post("/account/upstreams/confirm", {})
    assert signed_in(await arrived(house.browser(), portal, says={MAIL: MAJA}))
    assert await roles_of(house, MAJA) == ["community_manager", "customer_facing"]


async def test_nobody_gets_an_account_without_a_proved_address_of_an_allowed_domain(
    house: House, portal: Portal
) -> None:
    before = await house.fetch("select count(*) from accounts")
    for address in (
        "eve@elsewhere.example",
        "eve@sub.inside.example",
        None,
        [NEW, MAJA],
        "x@inside.example@y",
    ):
        answer = await arrived(house.browser(), portal, says={MAIL: address})
        assert answer.headers["location"] == "/sign-in/upstream-offer", address
    await connect(house, portal, proves_email=False, provisions=False)
    answer = await arrived(house.browser(), portal)
    assert answer.headers["location"] == "/sign-in/upstream-offer"
    assert await house.fetch("select count(*) from accounts") == before


async def test_roles_follow_the_provider(house: House, portal: Portal) -> None:
    await arrived(house.browser(), portal)
    assert await roles_of(house, NEW) == ["customer_facing"]
    await arrived(house.browser(), portal, says={GROUPS: ["other", "root"]})
    assert await roles_of(house, NEW) == ["admin"]
    await arrived(house.browser(), portal, says={GROUPS: None})
    assert await roles_of(house, NEW) == []


async def test_the_subject_is_the_persistent_name_or_the_attribute_that_is_configured(
    house: House, portal: Portal
) -> None:
    await connect(house, portal, subject_attribute="urn:x-number")
    assert signed_in(await arrived(house.browser(), portal, says={"urn:x-number": "4711"}))
    assert await house.fetch("select subject from upstream_identities") == [{"subject": "4711"}]
    for said in (None, "", ["4711", "1"]):
        request = await asked(browser := house.browser(), portal)
        portal.says = PERSON | {"urn:x-number": said}
        assert (await posted(browser, portal.response(request))).status_code == 400
    assert await reasons(house) == ["no subject"] * 3


async def test_22_who_was_deactivated_stays_out(house: House, portal: Portal) -> None:
    await arrived(house.browser(), portal)
    await house.deactivate(NEW)
    answer = await arrived(house.browser(), portal)
    assert (answer.status_code, "was shut" in answer.text) == (403, True)


async def test_32_a_second_factor_is_asked_for_unless_the_provider_is_trusted_with_it(
    house: House, portal: Portal
) -> None:
    async with Caller(services=house.services, now=house.clock.now(), address="console").begin() as visit:
        await policies.change(visit, "staff", Policy(requires_mfa=True))
    portal.context = "https://refeds.org/profile/mfa"
    answer = await arrived(house.browser(), portal)
    assert answer.headers["location"] == "/sign-in/second?realm=staff"
    await connect(house, portal, trusts_mfa=True)
    assert signed_in(await arrived(house.browser(), portal))
    portal.context = PASSWORD_CLASS
    answer = await arrived(house.browser(), portal)
    assert answer.headers["location"] == "/sign-in/second?realm=staff"


async def test_24_an_old_sign_in_elsewhere_is_no_fresh_proof_here(house: House, portal: Portal) -> None:
    browser = house.browser()

    def old(response: Any, assertion: Any) -> None:
        assertion.authn_statement[0].authn_instant = stamp(house.clock.now() - timedelta(hours=1))

    assert signed_in(await arrived(browser, portal, old))
    assert "prove=again" in (await browser.get("/account/password")).headers["location"]
    request = await asked(browser, portal, "?next=/account/password&prove=again")
    assert request.force_authn == "true"
    assert (await posted(browser, portal.response(request, old))).status_code == 400
    answer = await followed(browser, await posted(browser, portal.response(request)))
    assert answer.headers["location"] == "/account/password"
    assert (await browser.get("/account/password")).status_code == 200
    assert await reasons(house) == ["proof too old"]


async def test_requests_are_signed_where_that_is_wanted(house: House, portal: Portal) -> None:
    browser = house.browser()
    assert "Signature=" not in (await browser.get(PATH)).headers["location"]
    await connect(house, portal, signs_requests=True)
    assert (
        "SigAlg=http%3A%2F%2Fwww.w3.org%2F2001%2F04%2Fxmldsig-more%23rsa-sha256"
        in ((await browser.get(PATH)).headers["location"])
    )
    await connect(house, portal)
    portal.wants_signed = True
    await connect(house, portal)
    assert signed_in(await arrived(browser, portal)), "pysaml2's provider checks it"


async def test_our_metadata_say_where_and_by_which_key(house: House, portal: Portal) -> None:
    answer = await house.browser().get(f"{PATH}/metadata")
    assert answer.headers["content-type"].startswith("application/samlmetadata+xml")
    assert 'entityID="http://localhost:8000/sign-in/upstream/north/metadata"' in answer.text
    assert 'Location="http://localhost:8000/sign-in/upstream/north/acs"' in answer.text
    assert answer.text.count("X509Certificate>") == 4
    again = await house.browser().get(f"{PATH}/metadata")
    assert again.text == answer.text, "the key stays"
    kept = str(await house.fetch("select * from upstreams"))
    assert "PRIVATE" not in kept


async def test_a_connection_is_begun_at_the_account_and_confirmed_by_a_form(
    house: House, portal: Portal
) -> None:
    browser = house.browser()
    await browser.sign_in(MAJA, realm="staff")
    there = await browser.get("/account/upstreams/connect?upstream=north")
    portal.says = PERSON
    request = portal.heard(there.headers["location"], (await browser.get(f"{PATH}/metadata")).text)
    answer = await followed(browser, await posted(browser, portal.response(request)))
    assert answer.headers["location"] == "/account/upstreams/confirm"
    assert await house.fetch("select 1 from upstream_identities") == []
    await browser.post("/account/upstreams/confirm", {})
    assert NEW in (await browser.get("/account/upstreams")).text
    assert signed_in(await arrived(house.browser(), portal))
    assert await roles_of(house, MAJA) == ["community_manager", "customer_facing"]
