"""What a form of the console does not take it says beside the field, and shows what was typed again."""

import re
from dataclasses import dataclass
from typing import Any

import pytest

from tests.identity.administrators import ADMIN, ANA, MAJA, make_admin
from tests.identity.driver import Browser, House
from tests.identity.test_console_forms import CLIENT, PROVIDER, wrong

LONG = "x" * 300


@pytest.fixture
async def browser(house: House) -> Browser:
    """Of an administrator who signed in just now."""
    await make_admin(house)
    browser = house.browser()
    await browser.sign_in(ADMIN, realm="staff")
    return browser


@pytest.fixture
async def places(house: House, browser: Browser) -> dict[str, str]:
    """Things that there are, and the ids by which addresses name them."""
    await browser.post("/admin/clients/new/make", CLIENT)
    await browser.post("/admin/upstreams/new/make", PROVIDER)
    made = await browser.post("/admin/groups/make", {"name": "Editors"})
    await browser.post("/admin/organisations/make", {"name": "Acme"})
    [acme] = await house.fetch("select id::text from organisations where name = 'Acme'")
    group = made.headers["location"].partition("?")[0].rpartition("/")[2]
    people = {"ana": house.subs[ANA], "maja": house.subs[MAJA], "me": house.subs[ADMIN]}
    return {"acme": acme["id"], "group": group} | people


@dataclass(frozen=True)
class Case:
    """A form, what is typed into it, beside which field it is refused, with what words, and what stays."""

    path: str
    typed: dict[str, Any]
    field: str
    said: str
    kept: str = ""


NOT_CONFIRMED = "Type the name exactly as it stands there"
TOO_LONG = "100 characters at most"
CASES = [
    Case("organisations/make", {"name": "", "partner": "true"}, "name", "Write something", "checked"),
    Case("organisations/make", {"name": LONG}, "name", TOO_LONG, LONG),
    Case("organisations/make", {"name": "Acme"}, "name", "one of that name", 'value="Acme"'),
    Case("organisations/{acme}/change", {"name": " "}, "name", "Write something", 'value=" "'),
    Case(
        "organisations/{acme}/change", {"name": "Fieldworks", "partner": "true"}, "name", "one of", "checked"
    ),
    Case("organisations/{acme}/remove", {"name": "Acne"}, "remove", NOT_CONFIRMED, 'value="Acne"'),
    Case(
        "policies/staff",
        {"password_min_length": "7", "remembered_device_days": "61"},
        "password_min_length-staff",
        "Write 8 or more.",
        'value="61"',
    ),
    Case(
        "policies/customer",
        {"password_min_length": "9", "remembered_device_days": "soon"},
        "remembered_device_days-customer",
        "Write a whole number.",
        'value="soon"',
    ),
    Case("people/invite/send", {"email": "nobody", "role": ["admin"]}, "email", "look like", "checked"),
    Case("people/invite/send", {"email": LONG}, "email", "254 characters at most", LONG),
    Case("people/invite/send", {"email": MAJA}, "email", "has an account already", MAJA),
    Case(
        "people/invite/send", {"email": "n@inside.example", "role": ["x"]}, "role", "no role 'x'", "n@inside"
    ),
    Case("people/{maja}/change", {"name": "", "role": ["admin"]}, "name", "1 to 80 characters", "checked"),
    Case("people/{maja}/change", {"name": LONG}, "name", "80 characters at most", LONG),
    Case("people/{maja}/change", {"name": "M", "role": ["x"]}, "role", "no role 'x'", 'value="M"'),
    Case("people/{me}/change", {"name": "I"}, "role", "Ask another administrator", 'value="I"'),
    Case("people/{ana}/change", {"name": "A", "organisation": "x"}, "organisation", "no id", 'value="A"'),
    Case(
        "people/{ana}/change",
        {"name": "A", "organisation": "00000000-0000-0000-0000-000000000000"},
        "organisation",
        "no such organisation",
        'value="A"',
    ),
    Case("people/{maja}/purge", {"name": "Mia"}, "purge", NOT_CONFIRMED, 'value="Mia"'),
    Case("people/{maja}/reset-factors", {"name": "Mia"}, "reset", NOT_CONFIRMED, 'value="Mia"'),
    Case("clients/my-app/remove", {"name": "my"}, "remove", NOT_CONFIRMED, 'value="my"'),
    Case("upstreams/entra/remove", {"name": "en"}, "remove", NOT_CONFIRMED, 'value="en"'),
    Case("groups/{group}/remove", {"name": "Edit"}, "remove", NOT_CONFIRMED, 'value="Edit"'),
    Case("groups/{group}/change", {"name": "", "role": "admin"}, "name", "Write something", "selected"),
    Case("groups/{group}/change", {"name": LONG}, "name", TOO_LONG, LONG),
    Case("groups/{group}/add", {"email": LONG}, "email", "look like", LONG),
    Case("groups/make", {"name": LONG, "role": "admin"}, "name", TOO_LONG, "selected"),
    Case("roles/make", {"name": LONG, "title": "T"}, "name", "small letters", LONG),
    Case("initial-access-tokens/make", {"note": LONG, "days": "7"}, "note", TOO_LONG, LONG),
    Case("upstreams/entra/change", PROVIDER | {"value": [""]}, "role_rules", "Write something", "Northwind"),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.path}: {case.said[:20]}")
async def test_what_is_not_taken_is_said_beside_its_field(
    browser: Browser, places: dict[str, str], case: Case
) -> None:
    answer = await browser.post(f"/admin/{case.path.format(**places)}", case.typed)
    assert answer.status_code == 422
    assert case.said in wrong(answer.text)[case.field]
    assert case.kept in answer.text
    require_told_to_everybody(answer.text, case.field)


def require_told_to_everybody(html: str, field: str) -> None:
    """What is wrong is linked to from the top of the page, and read out with the field."""
    assert f'href="#f-{field}"' in html
    [element] = re.findall(rf'<[^>]* id="f-{field}"[^>]*>', html)
    assert re.search(rf'aria-describedby="[^"]*\bf-{field}-error\b', element)
    assert element.startswith(("<fieldset", "<section")) or 'aria-invalid="true"' in element


@pytest.mark.parametrize(
    ("asked", "field"), [("account", "account"), ("result", "result"), ("actor", "actor")]
)
async def test_what_cannot_be_searched_for_is_said_beside_its_field(
    browser: Browser, asked: str, field: str
) -> None:
    answer = await browser.get("/admin/audit", params={asked: LONG, "event": "session."})
    assert answer.status_code == 422
    assert list(wrong(answer.text)) == [field]
    assert 'value="session."' in answer.text
    require_told_to_everybody(answer.text, field)


async def test_what_is_refused_in_one_realm_leaves_the_form_of_the_other_as_it_is(browser: Browser) -> None:
    typed = {"password_min_length": "3", "remembered_device_days": "99"}
    answer = await browser.post("/admin/policies/staff", typed)
    assert set(wrong(answer.text)) == {"password_min_length-staff", "remembered_device_days-staff"}
    assert answer.text.count('value="8"') == 1
    assert answer.text.count('value="3"') == 1


async def test_nothing_of_what_was_refused_is_kept(house: House, browser: Browser) -> None:
    """The organisation is taken before the role is looked at: neither is changed."""
    [acme] = await house.fetch("select id::text from organisations limit 1")
    path = f"/admin/people/{house.subs[ANA]}/change"
    typed = {"name": "", "organisation": acme["id"]}
    before = await house.fetch("select name, organisation_id from accounts where email_key = $1", ANA)
    assert (await browser.post(path, typed)).status_code == 422
    after = await house.fetch("select name, organisation_id from accounts where email_key = $1", ANA)
    assert after == before


async def test_a_group_by_which_alone_somebody_is_administrator_is_kept_by_them(
    house: House, browser: Browser
) -> None:
    made = await browser.post("/admin/groups/make", {"name": "Administrators", "role": "admin"})
    group = made.headers["location"].partition("?")[0]
    await browser.post(f"{group}/add", {"email": ADMIN})
    await browser.post(f"/admin/people/{house.subs[ADMIN]}/change", {"name": "Ines", "role": []})
    refused = await browser.post(f"{group}/remove", {"name": "Administrators"})
    assert refused.status_code == 422
    assert "Ask another administrator" in wrong(refused.text)["remove"]
    assert ADMIN in (await browser.get(group)).text
