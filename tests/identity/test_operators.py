"""The console: demonstration content and the first administrator; the worker: mail and tidying."""

from datetime import timedelta

from identity_service import operators, worker
from shared.kernel.clock import SystemClock
from shared.oidc import RelyingParty
from tests.fixtures.databases import World
from tests.identity.conftest import settings_for
from tests.identity.driver import EMPLOYEE, ISSUER, House, authorize_url, callback, signed_in

MAJA = "maja@inside.example"
DEMO = [
    {
        "realm": "customer",
        "email": "Priya@fieldworks.example",
        "name": "Priya Nair",
        "title": "partner",
        "password": "demo password 1",
        "roles": [],
        "organisation": {"name": "Fieldworks", "partner": True},
    },
    {
        "realm": "staff",
        "email": "tomas@narrowbridge.example",
        "name": "Tomas Berg",
        "title": "customer-facing employee",
        "password": "demo password 2",
        "roles": ["customer_facing"],
        "organisation": None,
    },
]


async def test_the_demonstration_is_made_once(world: World) -> None:
    settings = settings_for((await world.database("identity")).app)
    first = await operators.load_demo(settings, DEMO)
    second = await operators.load_demo(settings, {"accounts": DEMO, "client": {"secret": "s" * 40}})

    assert first == second
    assert [person["email"] for person in first] == ["Priya@fieldworks.example", "tomas@narrowbridge.example"]
    assert all(person["sub"] and "password" not in person for person in first)
    assert first[0]["title"] == "partner"


async def test_the_first_administrator_gets_a_link(house: House) -> None:
    settings = house.services.settings
    made = await operators.make_admin(settings, email="Root@inside.example", name="Root")
    assert (made.is_new, made.is_customer) == (True, False)
    assert "A new staff account, Root, is an administrator" in made.in_words
    link = made.link
    path, _, token = link.removeprefix(ISSUER).partition("?token=")
    browser = house.browser()
    house.clock.at = SystemClock().now()
    page = await browser.get(path, params={"token": token})
    assert "Root@inside.example" in page.text
    done = await browser.post(path, {"token": token, "password": "four random words 9"})
    assert done.status_code == 200
    answer = await browser.sign_in("root@inside.example", realm="staff", password="four random words 9")
    assert answer.status_code == 303
    rows = await house.fetch("select roles from accounts where email_key = 'root@inside.example'")
    assert rows[0]["roles"] == ["admin", "community_manager"]


async def test_an_account_that_is_there_becomes_administrator(house: House, employee: RelyingParty) -> None:
    made = await operators.make_admin(house.services.settings, email="ines@inside.example", name="")
    assert "The staff account that was there, Ines," in made.in_words
    rows = await house.fetch("select name, roles from accounts where email_key = 'ines@inside.example'")
    assert rows == [{"name": "Ines", "roles": ["admin", "community_manager"]}]


async def test_what_has_ended_is_deleted_and_what_lives_stays(house: House, employee: RelyingParty) -> None:
    browser = house.browser()
    await signed_in(house, employee, MAJA, realm="staff", resource=EMPLOYEE, browser=browser)
    await house.browser().get(authorize_url())
    await house.browser().post("/reset-password", {"email": MAJA, "realm": "staff"})
    await worker.tidy(house.services)
    assert "code" in callback(await browser.get(authorize_url()))
    assert await house.fetch("select 1 from email_proofs")

    house.clock.advance(timedelta(days=2))
    await worker.tidy(house.services)
    for table in (
        "pending_requests",
        "authorization_codes",
        "grants",
        "refresh_tokens",
        "sessions",
        "limit_counters",
        "email_proofs",
    ):
        assert not await house.fetch(f"select 1 from {table}"), table


async def test_of_an_address_of_a_customer_the_operator_is_told(house: House) -> None:
    made = await operators.make_admin(house.services.settings, email="ana@outside.example", name="")
    assert (made.is_new, made.is_customer) == (True, True)
    assert "is another one, and stays as it was" in made.in_words
    (ana,) = await house.fetch(
        "select roles from accounts where realm = 'customer' and email = 'ana@outside.example'"
    )
    assert ana["roles"] == []
