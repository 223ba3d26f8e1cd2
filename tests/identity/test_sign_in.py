"""Signing in from a community, the whole way."""

from shared.oidc import RelyingParty
from tests.identity.driver import CUSTOMER, EMPLOYEE, House, payload, signed_in


async def test_staff_sign_in_from_their_community(house: House, employee: RelyingParty) -> None:
    tokens = await signed_in(house, employee, "maja@inside.example", realm="staff", resource=EMPLOYEE)
    claims = await house.verifier(EMPLOYEE).verify(tokens.access_token)

    assert claims.sub == house.subs["maja@inside.example"]
    assert (claims.realm, claims.name) == ("staff", "Maja")
    assert claims.roles == {"community_manager"}
    assert claims.allows("community:read", "community:write", "openid")
    assert claims.sid == tokens.id_claims["sid"]
    assert tokens.refresh_token


async def test_one_sign_in_opens_the_other_community_too(
    house: House, employee: RelyingParty, customer: RelyingParty
) -> None:
    browser = house.browser()
    await signed_in(house, employee, "maja@inside.example", realm="staff", resource=EMPLOYEE, browser=browser)
    request = await customer.begin(scope="openid community:read", resource=CUSTOMER, realm="staff")
    tokens = await customer.complete(await browser.authorize(request), request)

    assert payload(tokens.access_token)["realm"] == "staff"
    assert payload(tokens.access_token)["aud"] == CUSTOMER


async def test_a_partners_person_has_the_role_partner(house: House, customer: RelyingParty) -> None:
    tokens = await signed_in(house, customer, "priya@outside.example", realm="customer", resource=CUSTOMER)
    assert payload(tokens.access_token)["roles"] == ["partner"]
