"""Looking after people from the console, and registration that is closed."""

import asyncio
import os
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from identity_service.__main__ import app
from identity_service.app import create_app
from tests.fixtures.databases import World
from tests.identity.conftest import settings_for
from tests.identity.driver import ISSUER, OWN_FORM, House, link_in

INES, GOOD = "ines@inside.example", "four random words 9"


async def run(house: House, *arguments: str) -> Result:
    """The command in a thread of its own, since it has a loop of its own."""
    settings = house.services.settings
    told = {
        "IDENTITY_DATABASE_URL": house.urls.app,
        "IDENTITY_PUBLIC_URL": ISSUER,
        "IDENTITY_SECRET_KEY": settings.identity_secret_key.get_secret_value(),
        "EMPLOYEE_CLIENT_SECRET": settings.employee_client_secret.get_secret_value(),
        "CUSTOMER_CLIENT_SECRET": settings.customer_client_secret.get_secret_value(),
    }
    runner = CliRunner(env=dict(os.environ) | told)
    return await asyncio.to_thread(lambda: runner.invoke(app, list(arguments)))


async def account(house: House, email: str, realm: str = "staff") -> dict[str, Any]:
    [row] = await house.fetch(
        "select name, roles, organisation_id, is_organisation_admin, deactivated_at from accounts "
        "where email_key = $1 and realm = $2",
        email,
        realm,
    )
    return row


async def test_a_colleague_is_invited_and_chooses_name_and_password(house: House) -> None:
    done = await run(house, "staff", "--email", "Nils@inside.example", "--role", "customer_facing")
    assert done.exit_code == 0, done.output
    link = link_in(done.output)
    answer = await house.http().get("/dev/mail", headers={"Accept": "application/json"})
    assert link in answer.json()["data"][0]["body"]
    browser = house.browser()
    assert "nils@inside.example" in (await browser.get(link)).text
    form = {"token": link.split("token=")[1], "name": "Nils", "password": GOOD, "realm": "customer"}
    assert (await browser.post("/invitation", form)).status_code == 303
    made = await account(house, "nils@inside.example")
    assert (made["name"], made["roles"]) == ("Nils", ["customer_facing"])
    assert "nils@inside.example" in (await browser.get("/account?realm=staff")).text
    assert (await house.browser().post("/invitation", form)).status_code == 410, "once"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["staff", "--email", INES], "has an account already"),
        (["staff", "--email", "nobody"], "e-mail address"),
        (["staff", "--email", "n@inside.example", "--role", "emperor"], "no role 'emperor'"),
        (["deactivate", "--email", "n@inside.example"], "There is no account n@inside.example"),
        (["roles", "--email", INES, "--role", "emperor"], "no role 'emperor'"),
        (["organisation", "--name", "X", "--domain", "gmail.com"], "not the domain"),
    ],
)
async def test_what_cannot_be_done_is_said_and_changes_nothing(
    house: House, arguments: list[str], said: str
) -> None:
    done = await run(house, *arguments)
    assert done.exit_code == 2
    assert said in done.output
    assert not await house.fetch("select 1 from invitations")
    assert not await house.fetch("select 1 from organisations where name = 'X'")


async def test_22_somebody_is_shut_out_and_let_in_again(house: House) -> None:
    browser = house.browser()
    await browser.sign_in(INES, realm="staff")
    assert (await run(house, "deactivate", "--email", INES)).exit_code == 0
    assert (await browser.get("/account?realm=staff")).status_code == 303
    assert (await house.browser().sign_in(INES, realm="staff")).status_code == 422
    assert (await run(house, "reactivate", "--email", INES)).exit_code == 0
    assert (await browser.get("/account?realm=staff")).status_code == 303, "what ended stays ended"
    assert (await house.browser().sign_in(INES, realm="staff")).status_code == 303
    rows = await house.fetch(
        "select event, actor from audit_rows where account_id::text = $1 and event like 'account.%activated'",
        house.subs[INES],
    )
    assert [(row["event"], row["actor"]) for row in rows] == [
        ("account.deactivated", "operator"),
        ("account.reactivated", "operator"),
    ]


async def test_roles_are_listed_shown_set_and_taken_away(house: House) -> None:
    assert "community_manager (staff)" in (await run(house, "roles")).output
    assert "no roles" in (await run(house, "roles", "--email", INES)).output
    given = ("--role", "customer_facing", "--role", "community_manager")
    done = await run(house, "roles", "--email", INES, *given)
    assert "community_manager, customer_facing" in done.output
    await run(house, "roles", "--email", INES)
    assert (await account(house, INES))["roles"] == ["community_manager", "customer_facing"]
    await run(house, "roles", "--email", INES, "--none")
    assert (await account(house, INES))["roles"] == []


async def test_an_organisation_gets_a_domain_and_somebody_who_looks_after_it(house: House) -> None:
    arguments = ("--partner", "--name", "Acme", "--domain", "acme.example", "--admin", "boss@acme.example")
    done = await run(house, "organisation", *arguments)
    assert done.exit_code == 0, done.output
    browser = house.browser()
    form = {"token": link_in(done.output).split("token=")[1], "name": "Boss", "password": GOOD}
    await browser.post("/invitation", form)
    made = await account(house, "boss@acme.example", "customer")
    assert made["is_organisation_admin"]
    page = (await browser.get("/account/organisation?realm=customer")).text
    assert "acme.example" in page
    invited = await browser.post("/account/organisation/invite", {"email": "new@acme.example"})
    assert invited.status_code == 303


async def test_registration_is_open_only_where_the_settings_say_so(world: World) -> None:
    url = (await world.database("identity")).app
    for development, asked, is_open in (
        (True, None, True),
        (False, None, False),
        (False, True, True),
        (True, False, False),
    ):
        settings = settings_for(url, development=development, customer_registration=asked)
        closed = create_app(settings)
        async with closed.router.lifespan_context(closed):
            house = House(closed, closed.state.services, closed.state.services.clock, {}, None)  # type: ignore[arg-type] # nobody asks for it
            http = house.http()
            form = await http.get("/sign-up")
            sent = await http.post("/sign-up", data={"email": "new@outside.example"}, headers=OWN_FORM)
            sign_in = (await http.get("/sign-in?realm=customer")).text
        assert (form.status_code, sent.status_code) == ((200, 200) if is_open else (403, 403))
        assert ("Open an account" in sign_in) is is_open
