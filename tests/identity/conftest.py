"""The identity service on a database of its own, driven over HTTP; and a relying party that uses it."""

import json
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from functools import cache
from typing import Any

import httpx
import pytest
from joserfc.jwk import ECKey, RSAKey
from pydantic import SecretStr

from identity_service import operators
from identity_service.app import create_app
from identity_service.keys import service as keys
from identity_service.keys.service import _generate
from identity_service.passwords import service as passwords
from identity_service.settings import Settings
from identity_service.visit import Caller, Services
from shared.kernel.clock import MemoryClock, SystemClock
from shared.oidc import RelyingParty
from tests.fixtures.databases import World
from tests.fixtures.server import DatabaseUrls, TestServer
from tests.identity.administrators import ADMIN, Api, api_of, make_admin, token_of
from tests.identity.driver import BRIDGE, CUSTOMER, EMPLOYEE, ISSUER, House

SIGNING_KEY = ECKey.generate_key("P-256", auto_kid=True)
ACCOUNTS: list[dict[str, Any]] = [
    {"realm": "staff", "email": "maja@inside.example", "name": "Maja", "roles": ["community_manager"]},
    {"realm": "staff", "email": "tomas@inside.example", "name": "Tomas", "roles": ["customer_facing"]},
    {"realm": "staff", "email": "ines@inside.example", "name": "Ines", "roles": []},
    {"realm": "customer", "email": "ana@outside.example", "name": "Ana", "roles": []},
    {
        "realm": "customer",
        "email": "priya@outside.example",
        "name": "Priya",
        "roles": [],
        "organisation": {"name": "Fieldworks", "partner": True},
    },
]
PASSWORD = "an unlikely sentence 7"
EARNEST = (passwords.ROUNDS, passwords.MEMORY)


def settings_for(database_url: str, **changes: Any) -> Settings:
    if not changes:  # reading settings takes as long as the start of the service
        return _usual_settings().model_copy(update={"identity_database_url": SecretStr(database_url)})
    return Settings(**(_usual() | {"identity_database_url": database_url} | changes))


@cache
def _usual_settings() -> Settings:
    return Settings(**_usual())


def _usual() -> dict[str, Any]:
    return {
        "identity_database_url": "postgresql://a-test/its-own",
        "identity_public_url": ISSUER,
        "identity_secret_key": "k" * 43,
        "employee_public_url": EMPLOYEE,
        "customer_public_url": CUSTOMER,
        "bridge_public_url": BRIDGE,
        "employee_client_secret": "e" * 43,
        "customer_client_secret": "c" * 43,
        "demo_crm_client_secret": "d" * 43,
        "identity_employee_jwks": json.dumps({"keys": [SIGNING_KEY.as_dict(private=False)]}),
        "development": True,
    }


@pytest.fixture
def clock() -> MemoryClock:
    return _clock()


def _clock() -> MemoryClock:
    return MemoryClock(SystemClock().now().replace(microsecond=0))


@pytest.fixture(scope="session", autouse=True)
def cheap_secrets() -> Iterator[None]:
    """argon2 with the least that it takes, and each signing key checked once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "ROUNDS", 1)
        patch.setattr(passwords, "MEMORY", 8)
        patch.setattr(keys, "_read", cache(keys._read))
        yield


@pytest.fixture
def dear_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """argon2 as it is in earnest; ask for it before `house`."""
    monkeypatch.setattr(passwords, "ROUNDS", EARNEST[0])
    monkeypatch.setattr(passwords, "MEMORY", EARNEST[1])


@cache
def _stock(algorithm: str, number: int) -> ECKey | RSAKey:
    return _generate(algorithm)


@pytest.fixture(autouse=True)
def keys_from_stock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Making an RSA key takes longer than most tests: each test begins with the same keys as the others."""
    taken: Counter[str] = Counter()

    def next_of(algorithm: str) -> ECKey | RSAKey:
        taken[algorithm] += 1
        return _stock(algorithm, taken[algorithm])

    monkeypatch.setattr(keys, "_generate", next_of)


@pytest.fixture(scope="session")
def with_people(test_server: TestServer) -> str:
    """The template of a database in which the service has run, with the accounts above."""
    return test_server.filled("identity", "identity_with_people", _fill)


async def _fill(urls: DatabaseUrls) -> None:
    accounts = [account | {"password": PASSWORD} for account in ACCOUNTS]
    app = create_app(settings_for(urls.app), clock=_clock())
    async with app.router.lifespan_context(app):
        services: Services = app.state.services
        caller = Caller(services=services, now=services.clock.now(), address="console")
        async with caller.begin() as visit:
            await operators.fill_demo(visit, {"accounts": accounts})


@pytest.fixture
async def house(world: World, clock: MemoryClock, with_people: str) -> AsyncIterator[House]:
    """The running app with the accounts above, all with the same password."""
    urls = await world.database("identity", template=with_people)
    app = create_app(settings_for(urls.app), clock=clock)
    async with app.router.lifespan_context(app):
        house = House(app, app.state.services, clock, {}, urls)
        rows = await house.fetch("select email, id from accounts")
        house.subs.update((row["email"], str(row["id"])) for row in rows)
        yield house


@pytest.fixture
async def employee(house: House) -> AsyncIterator[RelyingParty]:
    async with house.http() as http:
        yield house.party("employee-community", "e" * 43, EMPLOYEE, http)


@pytest.fixture
async def customer(house: House) -> AsyncIterator[RelyingParty]:
    async with house.http() as http:
        yield house.party("customer-community", "c" * 43, CUSTOMER, http)


@pytest.fixture
async def raw(house: House) -> AsyncIterator[httpx.AsyncClient]:
    """A plain client without cookies that means anything, for what is no browser."""
    async with house.http() as http:
        yield http


@pytest.fixture
async def admin(house: House) -> AsyncIterator[Api]:
    await make_admin(house)
    api = await api_of(house, await token_of(house, ADMIN))
    async with api.http:
        yield api


HOUR = timedelta(hours=1)
