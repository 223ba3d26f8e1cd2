"""The way in (Profiles, section 4.1)."""

import pytest

from shared.oidc import RelyingParty
from tests.identity.driver import EMPLOYEE, SCOPE, House, callback, payload
from tests.identity.saml.portal import Portal
from tests.identity.saml.visits import PERSON, arrived, asked, followed, posted, signed_in


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
