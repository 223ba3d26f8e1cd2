"""The pages under /admin: for administrators alone, and with a fresh proof for what changes something."""

import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.identity.driver import OWN_FORM, Browser, House, link_in

ADMIN, ANA, MAJA = "ines@inside.example", "ana@outside.example", "maja@inside.example"
PAGES = (
    "/admin/people",
    "/admin/people/invite",
    "/admin/organisations",
    "/admin/clients",
    "/admin/clients/new",
    "/admin/clients/employee-community",
    "/admin/policies",
    "/admin/keys",
    "/admin/audit",
    "/admin/invitations",
    "/admin/groups",
    "/admin/roles",
    "/admin/initial-access-tokens",
    "/admin/upstreams",
    "/admin/upstreams/new",
)
FORMS = (
    "/admin/people/invite/send",
    "/admin/organisations/make",
    "/admin/clients/new/make",
    "/admin/policies/staff",
    "/admin/keys/rotate",
    "/admin/audit/export",
    "/admin/groups/make",
    "/admin/roles/make",
    "/admin/initial-access-tokens/make",
    "/admin/upstreams/new/make",
    "/admin/upstreams/entra/test",
    "/admin/invitations/withdraw",
    "/admin/invitations/send-again",
    "/admin/initial-access-tokens/revoke",
    "/admin/roles/remove",
)


async def signed_in(house: House, email: str, realm: str = "staff") -> Browser:
    await house.execute(
        "update accounts set roles = '{admin}', given_roles = '{admin}' where email_key = $1", ADMIN
    )
    browser = house.browser()
    assert (await browser.sign_in(email, realm=realm)).status_code == 303
    return browser


@pytest.mark.parametrize("who", ["nobody", ANA, "tomas@inside.example", MAJA, ADMIN])
async def test_there_are_no_such_pages_but_for_administrators(house: House, who: str) -> None:
    realm = "customer" if who == ANA else "staff"
    browser = house.browser() if who == "nobody" else await signed_in(house, who, realm)
    wanted = 200 if who == ADMIN else 404
    for path in (*PAGES, f"/admin/people/{house.subs[MAJA]}"):
        assert (await browser.get(path)).status_code == wanted, path
    for path in FORMS:
        answer = await browser.post(path, {"name": "Acme"})
        is_nothing = who != ADMIN or path in ("/admin/upstreams/entra/test", "/admin/roles/remove")
        assert (answer.status_code == 404) is is_nothing, path


async def test_what_changes_something_asks_for_a_fresh_proof_and_our_own_form(house: House) -> None:
    browser = await signed_in(house, ADMIN)
    path = f"/admin/people/{house.subs[MAJA]}"
    elsewhere = await browser.post(f"{path}/deactivate", {}, headers={"Sec-Fetch-Site": "cross-site"})
    assert elsewhere.status_code == 403
    house.clock.advance(timedelta(minutes=11))
    for form in (*FORMS, f"{path}/deactivate"):
        answer = await browser.post(form, {})
        assert answer.status_code == 303, form
        where = answer.headers["location"]
        assert where.startswith("/sign-in?realm=staff&next=%2Fadmin%2F"), form
        back = parse_qs(urlsplit(where).query)["next"][0]
        assert (await browser.get(back)).status_code in (200, 303) or "entra" in form, back
    assert (await browser.get(path)).status_code == 200
    [row] = await house.fetch("select deactivated_at from accounts where email_key = $1", MAJA)
    assert row["deactivated_at"] is None


async def test_a_person_is_found_changed_shut_out_and_deleted(house: House) -> None:
    browser = await signed_in(house, ADMIN)
    found = await browser.get("/admin/people", params={"q": "maj"})
    path = re.findall(r'href="(/admin/people/[0-9a-f-]{36})"', found.text)
    assert path == [f"/admin/people/{house.subs[MAJA]}"]
    [here] = path
    changed = await browser.post(f"{here}/change", {"name": "Maja B", "role": ["customer_facing"]})
    assert changed.headers["location"] == f"{here}?done=changed"
    assert "Maja B" in (await browser.get(here)).text
    for action in ("deactivate", "reactivate", "end-sessions", "password-link"):
        assert (await browser.post(f"{here}/{action}", {})).status_code == 303, action
    assert (await browser.post(f"{here}/purge", {"name": "Maja"})).status_code == 422
    assert (await browser.post(f"{here}/purge", {"name": "Maja B"})).status_code == 303
    assert (await browser.get(here)).status_code == 404


async def test_a_colleague_is_invited(house: House) -> None:
    browser = await signed_in(house, ADMIN)
    wrong = await browser.post("/admin/people/invite/send", {"email": MAJA})
    assert wrong.status_code == 422
    assert MAJA in wrong.text
    sent = await browser.post("/admin/people/invite/send", {"email": "noor@inside.example", "role": "admin"})
    assert sent.status_code == 303
    [mail] = await house.fetch("select body from mails where \"to\" = 'noor@inside.example'")
    assert link_in(mail["body"])


async def test_organisations_policies_and_keys(house: House) -> None:
    browser = await signed_in(house, ADMIN)
    await browser.post("/admin/organisations/make", {"name": "Acme", "partner": "true"})
    page = (await browser.get("/admin/organisations")).text
    [acme] = [row["id"] for row in await house.fetch("select id from organisations where name = 'Acme'")]
    assert f"/admin/organisations/{acme}" in page
    for action, fields in (("change", {"name": "Acme B"}), ("remove", {"name": "Acme B"})):
        assert (await browser.post(f"/admin/organisations/{acme}/{action}", fields)).status_code == 303
    policy = {"password_min_length": "12", "remembered_device_days": "0", "allows_passkeys": "true"}
    assert (await browser.post("/admin/policies/customer", policy)).status_code == 303
    assert 'value="12"' in (await browser.get("/admin/policies")).text
    assert (await browser.post("/admin/keys/rotate", {})).status_code == 303
    assert "signs soon" in (await browser.get("/admin/keys")).text


async def test_the_log_is_looked_through_and_exported(house: House) -> None:
    browser = await signed_in(house, ADMIN)
    await house.fetch("select 1 from audit_rows")
    assert "session.started" in (await browser.get("/admin/audit", params={"event": "session."})).text
    assert "Nothing fits" in (await browser.get("/admin/audit", params={"actor": "nobody"})).text
    refused = (await browser.get("/admin/audit", params={"result": "refused"})).text
    assert "session.started" not in refused
    assert (await browser.get("/admin/audit", params={"result": "x"})).status_code == 422
    exported = await browser.http.post("/admin/audit/export", headers=OWN_FORM)
    assert '"event":"session.started"' in exported.text
    for path in PAGES:
        for value in ("\x00", "🙂" * 300, "%"):
            answer = await browser.get(path, params={"q": value, "event": value, "account": value})
            assert answer.status_code < 500, path
