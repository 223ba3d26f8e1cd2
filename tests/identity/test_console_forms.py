"""The forms of the console: what was typed stays, what is wrong stands beside its field, and a second click
does nothing more."""

import re
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import quote

import pytest

from identity_service.admin.clients.form import CREATE, GROUPS
from identity_service.admin.clients.schemas import ClientCreate
from identity_service.admin.upstreams import form as upstream_form
from identity_service.clients.metadata import ClientMetadata
from identity_service.upstreams.saml.equipment import missing
from tests.identity.administrators import ADMIN, ANA, MAJA
from tests.identity.driver import Browser, House, link_in

CLIENT = {
    "name": "My app",
    "id": "my-app",
    "token_endpoint_auth_method": "client_secret_basic",
    "grant_types": ["authorization_code", "refresh_token"],
    "realms": ["customer"],
    "redirect_uris": "https://app.example.com/callback\r\nhttps://app.example.com/other\r\n",
    "scopes": "openid profile\r\nemail",
    "security_profile": "oauth",
    "requires_pkce": "true",
    "rotates_refresh_tokens": "true",
    "id_token_alg": "ES256",
}
PROVIDER = {
    "id": "entra",
    "title": "Northwind Entra",
    "issuer": "https://login.example.com/v2.0",
    "realm": "staff",
    "client_id": "narrowbridge",
    "token_endpoint_auth_method": "client_secret_basic",
    "secret": "a secret of theirs",
    "scopes": "openid email",
    "email_domains": "northwind.example\r\nnorthwind.test",
    "provisions": "true",
    "claim": ["groups", "", ""],
    "value": ["Support", "", ""],
    "role": ["customer_facing", "", ""],
}


@pytest.fixture
async def browser(house: House) -> Browser:
    """Of an administrator who signed in just now."""
    await house.execute(
        "update accounts set roles = '{admin}', given_roles = '{admin}' where email_key = $1", ADMIN
    )
    browser = house.browser()
    await browser.sign_in(ADMIN, realm="staff")
    return browser


def wrong(html: str) -> dict[str, str]:
    """What is said beside each field that was not taken."""
    said = re.findall(r'id="f-([\w-]+)-error">.*?</span>([^<]+)</span>', html, re.DOTALL)
    return {name: unescape(text) for name, text in said}


def fields(groups: Any) -> set[str]:
    return {field.name for group in groups for field in group.fields}


def test_a_form_asks_for_everything_that_may_be_said() -> None:
    assert fields(GROUPS) == set(ClientMetadata.model_fields)
    assert fields(CREATE) == set(ClientCreate.model_fields)
    for form in upstream_form.FORMS.values():
        apart = {"kind", "is_enabled", "role_rules"}
        assert fields(form.groups) | apart == set(form.change.model_fields)
        assert fields(form.new) | apart == set(form.create.model_fields)


async def test_an_application_is_made_and_its_secret_shown_once(house: House, browser: Browser) -> None:
    made = await browser.post("/admin/clients/new/make", CLIENT)
    assert made.status_code == 200, wrong(made.text)
    [secret] = re.findall(r"<code>([\w-]{43})</code>", made.text)
    page = (await browser.get("/admin/clients/my-app")).text
    assert secret not in page
    [row] = await house.fetch("select * from clients where id = 'my-app'")
    assert row["redirect_uris"] == ["https://app.example.com/callback", "https://app.example.com/other"]
    assert row["scopes"] == ["openid", "profile", "email"]
    assert (row["requires_pkce"], row["is_first_party"], row["source"]) == (True, False, "admin")
    for action, typed in (("disable", {}), ("enable", {}), ("remove", {"name": "my-app"})):
        assert (await browser.post(f"/admin/clients/my-app/{action}", typed)).status_code == 303
    own = await browser.post("/admin/clients/employee-community/disable", {})
    assert own.status_code == 409


async def test_an_application_is_changed_and_what_its_form_leaves_empty_is_as_usual(
    house: House, browser: Browser
) -> None:
    await browser.post("/admin/clients/new/make", CLIENT | {"origins": "https://app.example.com"})
    changed = {name: value for name, value in CLIENT.items() if name not in ("id", "requires_pkce")}
    changed |= {"refresh_grace_seconds": "30", "origins": "", "name": "Ours"}
    answer = await browser.post("/admin/clients/my-app/change", changed)
    assert answer.headers["location"] == "/admin/clients/my-app?done=changed"
    [row] = await house.fetch("select * from clients where id = 'my-app'")
    assert (row["name"], row["requires_pkce"], row["refresh_grace_seconds"]) == ("Ours", False, 30)
    assert row["origins"] == []
    [told] = await house.fetch("select details from audit_rows where event = 'client.changed'")
    assert sorted(told["details"]["fields"]) == [
        "name",
        "origins",
        "refresh_grace_seconds",
        "requires_pkce",
    ]


@pytest.mark.parametrize(
    ("typed", "field", "said"),
    [
        ({"name": ""}, "name", "Write something here."),
        ({"redirect_uris": ""}, "redirect_uris", "Authorization_code needs redirect_uris."),
        (
            {"redirect_uris": "https://a.example/\r\nhttp://b.example/"},
            "redirect_uris",
            "Number 2: Plain http is for localhost, 127.0.0.1 and [::1] alone.",
        ),
        ({"realms": []}, "realms", "Authorization_code needs realms: whose people may sign in."),
        ({"jwks": "{not json"}, "jwks", "Input should be a valid dictionary"),
        ({"refresh_grace_seconds": "soon"}, "refresh_grace_seconds", "Write a whole number."),
        ({"token_endpoint_auth_method": "private_key_jwt"}, "jwks_uri", "Private_key_jwt needs jwks or"),
        ({"origins": "https://app.example.com/path"}, "origins", "say scheme://host"),
        ({"serves": "http://localhost:8002 http://x"}, "serves", "There is no http://x here, but http://"),
        ({"id": "employee-community"}, "id", "There is one of that name already"),
        ({"id": "no id"}, "id", "String should match"),
    ],
)
async def test_what_is_wrong_stands_beside_its_field_and_nothing_typed_is_lost(
    house: House, browser: Browser, typed: dict[str, Any], field: str, said: str
) -> None:
    answer = await browser.post("/admin/clients/new/make", CLIENT | {"contacts": "me@acme.example"} | typed)
    assert answer.status_code == 422
    assert list(wrong(answer.text)) == [field]
    assert said.lower() in wrong(answer.text)[field].lower()
    assert f'href="#f-{field}"' in answer.text
    assert "me@acme.example" in answer.text
    assert await house.fetch("select 1 from clients where id = 'my-app'") == []


async def test_a_second_click_makes_one_and_leads_to_it(house: House, browser: Browser) -> None:
    typed = CLIENT | {"once": "k1"}
    first = await browser.post("/admin/clients/new/make", typed)
    again = await browser.post("/admin/clients/new/make", typed)
    assert first.status_code == 200
    assert again.headers["location"] == "/admin/clients/my-app?done=made"
    for _ in range(2):
        answer = await browser.post("/admin/groups/make", {"name": "Editors", "once": "k2"})
        assert answer.status_code == 303
    assert len(await house.fetch("select 1 from groups")) == 1
    token = {"note": "Acme", "realms": ["customer"], "uses": "1", "days": "7", "once": "k3"}
    for wanted in (200, 303):
        assert (await browser.post("/admin/initial-access-tokens/make", token)).status_code == wanted
    assert len(await house.fetch("select 1 from initial_access_tokens")) == 1
    secrets = {"once": "k4", "when": ""}
    for wanted in (200, 303):
        assert (await browser.post("/admin/clients/my-app/secret", secrets)).status_code == wanted
    kept = str(await house.fetch("select body, headers from idempotency_keys"))
    [secret] = re.findall(r"<code>([\w-]{43})</code>", first.text)
    assert secret not in kept


async def test_an_application_of_the_settings_is_shown_and_not_changed(browser: Browser) -> None:
    page = (await browser.get("/admin/clients/employee-community")).text
    assert "http://localhost:8001/sign-in/callback" in page
    assert "/admin/clients/employee-community/change" not in page
    typed = {name: value for name, value in CLIENT.items() if name != "id"}
    assert (await browser.post("/admin/clients/employee-community/change", typed)).status_code == 422


async def test_a_provider_is_connected_changed_and_removed(house: House, browser: Browser) -> None:
    made = await browser.post("/admin/upstreams/new/make", PROVIDER)
    assert made.headers["location"] == "/admin/upstreams/entra?done=connected", wrong(made.text)
    [row] = await house.fetch("select email_domains, role_rules, admits_linking from upstreams")
    assert row["email_domains"] == ["northwind.example", "northwind.test"]
    [rule] = row["role_rules"]
    assert rule == {"claim": "groups", "value": "Support", "role": "customer_facing", "makes_admin": False}
    assert row["admits_linking"] is False
    page = (await browser.get("/admin/upstreams/entra")).text
    assert "a secret of theirs" not in page
    assert "/sign-in/upstream/entra/callback" in page
    assert (await browser.post("/admin/upstreams/entra/disable", {})).status_code == 303
    typed = PROVIDER | {"secret": "", "title": "Another", "claim": [], "value": [], "role": []}
    assert (await browser.post("/admin/upstreams/entra/change", typed)).status_code == 303
    [row] = await house.fetch("select * from upstreams")
    assert (row["title"], row["role_rules"], row["is_enabled"]) == ("Another", [], False)
    assert row["sealed_secret"]
    assert (await browser.post("/admin/upstreams/entra/enable", {})).status_code == 303
    assert (await browser.post("/admin/upstreams/entra/remove", {"name": "x"})).status_code == 422
    assert (await browser.post("/admin/upstreams/entra/remove", {"name": "entra"})).status_code == 303


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"issuer": "nothing"}, "issuer"),
        ({"secret": ""}, "secret"),
        ({"email_domains": ""}, "email_domains"),
        ({"id": "No"}, "id"),
    ],
)
async def test_a_provider_that_does_not_fit_is_not_connected(
    house: House, browser: Browser, typed: dict[str, str], field: str
) -> None:
    answer = await browser.post("/admin/upstreams/new/make", PROVIDER | typed)
    assert answer.status_code == 422
    assert list(wrong(answer.text)) == [field]
    assert "Northwind Entra" in answer.text
    assert 'value="Support"' in answer.text
    assert "a secret of theirs" not in answer.text
    assert await house.fetch("select 1 from upstreams") == []


async def test_the_page_of_a_provider_says_what_is_wrong_with_it(house: House, browser: Browser) -> None:
    await browser.post("/admin/upstreams/new/make", PROVIDER | {"issuer": "https://localhost:1"})
    tested = await browser.post("/admin/upstreams/entra/test", {})
    assert tested.status_code == 200
    assert "private network" in tested.text


async def test_a_provider_of_saml_is_connected_by_a_form_of_its_own(house: House, browser: Browser) -> None:
    if missing():
        pytest.skip(missing())
    assert "Entity id" in (await browser.get("/admin/upstreams/new", params={"kind": "saml"})).text
    assert (await browser.get("/admin/upstreams/new", params={"kind": "x"})).status_code == 404
    typed = {
        "kind": "saml",
        "id": "campus",
        "title": "Campus",
        "issuer": "https://idp.example/",
        "realm": "staff",
    }
    lacking = await browser.post("/admin/upstreams/new/make", typed)
    assert wrong(lacking.text) == {"metadata_url": "One of metadata and metadata_url is needed."}
    assert "Entity id" in lacking.text
    typed |= {"metadata_url": "https://localhost:1/metadata"}
    made = await browser.post("/admin/upstreams/new/make", typed)
    assert made.headers["location"] == "/admin/upstreams/campus?done=connected", wrong(made.text)
    page = (await browser.get("/admin/upstreams/campus")).text
    assert "/sign-in/upstream/campus/acs" in page
    assert "/sign-in/upstream/campus/metadata" in page
    assert "private network" in (await browser.post("/admin/upstreams/campus/test", {})).text
    assert (await browser.post("/admin/upstreams/campus/change", typed | {"title": "B"})).status_code == 303
    [row] = await house.fetch("select title, kind from upstreams")
    assert (row["title"], row["kind"]) == ("B", "saml")


async def test_a_rule_that_makes_administrators_says_so(house: House, browser: Browser) -> None:
    await browser.post("/admin/upstreams/new/make", PROVIDER | {"role": ["admin", "", ""]})
    [row] = await house.fetch("select role_rules from upstreams")
    assert row["role_rules"][0]["makes_admin"] is True
    bad = await browser.post("/admin/upstreams/entra/change", PROVIDER | {"value": ["", "", ""]})
    assert bad.status_code == 422
    assert "Number 1: Write something here." in bad.text


async def test_a_group_is_made_filled_and_deleted(house: House, browser: Browser) -> None:
    made = await browser.post("/admin/groups/make", {"name": "Editors", "role": "customer_facing"})
    group = made.headers["location"].partition("?")[0]
    for typed in ({"name": "editors"}, {"name": " "}):
        refused = await browser.post("/admin/groups/make", typed)
        assert (refused.status_code, list(wrong(refused.text))) == (422, ["name"])
    assert (await browser.post(f"{group}/add", {"email": MAJA})).status_code == 303
    assert MAJA in (await browser.get(group)).text
    unknown = await browser.post(f"{group}/add", {"email": "nobody@inside.example"})
    assert wrong(unknown.text) == {"email": "No colleague has this address."}
    assert (await browser.post(f"{group}/drop", {"account": house.subs[MAJA]})).status_code == 303
    assert (await browser.post(f"{group}/change", {"name": "Writers", "role": ""})).status_code == 303
    assert (await browser.post(f"{group}/remove", {"name": "Writers"})).status_code == 303
    assert (await browser.get(group)).status_code == 404


async def test_a_role_that_a_group_gives_is_shown_and_not_given_by_hand_as_well(
    house: House, browser: Browser
) -> None:
    made = await browser.post("/admin/groups/make", {"name": "Editors", "role": "customer_facing"})
    await browser.post(made.headers["location"].partition("?")[0] + "/add", {"email": MAJA})
    person = f"/admin/people/{house.subs[MAJA]}"
    page = (await browser.get(person)).text
    assert "Also by a group or a provider: customer_facing" in page
    chosen = re.findall(r'name="role" value="(\w+)" checked', page)
    assert chosen == ["community_manager"]
    await browser.post(f"{person}/change", {"name": "Maja", "role": chosen})
    [row] = await house.fetch("select roles, given_roles from accounts where email_key = $1", MAJA)
    assert (row["roles"], row["given_roles"]) == (["community_manager", "customer_facing"], chosen)


async def test_a_group_of_a_directory_says_so_and_has_no_form_for_its_people(
    house: House, browser: Browser
) -> None:
    await house.execute(
        "insert into groups (id, display_name, display_name_key, is_provisioned, created_at, updated_at)"
        " values (gen_random_uuid(), 'Support', 'support', true, now(), now())"
    )
    [row] = await house.fetch("select id from groups")
    group = f"/admin/groups/{row['id']}"
    page = (await browser.get(group)).text
    assert "A directory keeps this group" in page
    assert f"{group}/add" not in page
    assert f"{group}/remove" not in page
    assert (await browser.post(f"{group}/change", {"role": "customer_facing"})).status_code == 303
    for action in ("add", "remove", "change"):
        typed = {"email": MAJA, "name": "Support" if action == "remove" else "Ours"}
        assert (await browser.post(f"{group}/{action}", typed)).status_code in (409, 422), action


async def test_invitations_are_sent_again_and_withdrawn(house: House, browser: Browser) -> None:
    await browser.post("/admin/people/invite/send", {"email": "noor@inside.example"})
    page = (await browser.get("/admin/invitations")).text
    [waiting] = set(re.findall(r'name="invitation" value="([0-9a-f-]{36})"', page))
    assert (await browser.post("/admin/invitations/send-again", {"invitation": waiting})).status_code == 303
    mails = await house.fetch("select body from mails where \"to\" = 'noor@inside.example'")
    assert len({link_in(mail["body"]) for mail in mails}) == 2
    page = (await browser.get("/admin/invitations")).text
    [waiting] = set(re.findall(r'name="invitation" value="([0-9a-f-]{36})"', page))
    assert (await browser.post("/admin/invitations/withdraw", {"invitation": waiting})).status_code == 303
    assert "Nobody is waited for" in (await browser.get("/admin/invitations")).text


async def test_a_registration_token_is_issued_once_and_revoked(house: House, browser: Browser) -> None:
    typed = {"note": "Acme", "realms": ["customer", "staff"], "uses": "", "days": "30"}
    made = await browser.post("/admin/initial-access-tokens/make", typed)
    [token] = re.findall(r"<code>([\w-]{43})</code>", made.text)
    page = (await browser.get("/admin/initial-access-tokens")).text
    assert token not in page
    assert "any number of applications" in page
    [opening] = re.findall(r'name="opening" value="([0-9a-f-]{36})"', page)
    revoked = await browser.post("/admin/initial-access-tokens/revoke", {"opening": opening})
    assert revoked.status_code == 303
    assert await house.fetch("select 1 from initial_access_tokens") == []
    bad = await browser.post("/admin/initial-access-tokens/make", {"note": "", "days": "0", "uses": "x"})
    assert set(wrong(bad.text)) == {"note", "realms", "uses", "days"}


async def test_a_role_is_made_and_deleted(house: House, browser: Browser) -> None:
    typed = {"title": "Auditor", "name": "auditor", "realm": "staff"}
    assert (await browser.post("/admin/roles/make", typed)).status_code == 303
    assert (await browser.post("/admin/roles/make", typed)).status_code == 422
    bad = await browser.post("/admin/roles/make", typed | {"name": "No!"})
    assert "small letters" in wrong(bad.text)["name"]
    assert (await browser.post("/admin/roles/remove", {"name": "auditor"})).status_code == 303
    kept = await browser.post("/admin/roles/remove", {"name": "admin"})
    assert kept.status_code == 422
    assert "The services know this role by name." in kept.text


async def test_below_a_new_password_stands_what_its_realm_asks(house: House, browser: Browser) -> None:
    policy = {"password_min_length": "14", "remembered_device_days": "30", "allows_passkeys": "true"}
    assert (await browser.post("/admin/policies/customer", policy)).status_code == 303
    customer = house.browser()
    await customer.sign_in(ANA, realm="customer")
    assert "At least 14 characters" in (await customer.get("/account/password")).text
    refused = await customer.post("/account/password", {"password": "short"})
    assert "At least 14 characters" in refused.text
    await browser.post("/admin/people/invite/send", {"email": "noor@inside.example"})
    [mail] = await house.fetch("select body from mails where \"to\" = 'noor@inside.example'")
    assert "At least 8 characters" in (await browser.get(link_in(mail["body"]))).text
    await customer.post("/sign-up", {"email": "new@outside.example"})
    [mail] = await house.fetch("select body from mails where \"to\" = 'new@outside.example'")
    assert "At least 14 characters" in (await customer.get(link_in(mail["body"]))).text
    await customer.post("/reset-password", {"email": ANA, "realm": "customer"})
    [mail] = await house.fetch('select body from mails where "to" = $1', ANA)
    assert "At least 14 characters" in (await customer.get(link_in(mail["body"]))).text


async def test_administrators_find_the_console_from_their_account(house: House, browser: Browser) -> None:
    assert 'href="/admin/people"' in (await browser.get("/account")).text
    other = house.browser()
    await other.sign_in(MAJA, realm="staff")
    assert "/admin" not in (await other.get("/account")).text


async def test_the_proof_is_asked_for_before_a_long_form_is_filled_in(house: House, browser: Browser) -> None:
    house.clock.advance(timedelta(minutes=11))
    for path in ("/admin/clients/new", "/admin/upstreams/new"):
        answer = await browser.get(path)
        assert answer.headers["location"].startswith("/sign-in?realm=staff&next=%2Fadmin%2F"), path


async def test_strange_input_is_no_error_of_ours(browser: Browser) -> None:
    for value in ("\x00", "🙂" * 300, "%", "'"):
        for path in (
            "/admin/clients/new/make",
            "/admin/upstreams/new/make",
            "/admin/groups/make",
            "/admin/roles/make",
            "/admin/initial-access-tokens/make",
        ):
            typed = dict.fromkeys({*CLIENT, *PROVIDER, "note", "days"}, value)
            assert (await browser.post(path, typed)).status_code < 500, path
        for path in ("/admin/upstreams/", "/admin/groups/"):
            assert (await browser.post(f"{path}{quote(value)}/remove", {})).status_code < 500, path
