"""The identity service as a process of its own, with somebody and something for every one of its pages."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from playwright.sync_api import Browser, BrowserContext
from sqlalchemy import select

from identity_service import operators
from identity_service.accounts import links
from identity_service.accounts.models import Account, Organisation
from identity_service.factors import totp
from identity_service.invitations import service as invitations
from identity_service.organisations import service as organisations
from identity_service.registration import service as registration
from identity_service.scim import membership
from identity_service.scim.models import Group
from identity_service.sealing import hashed
from identity_service.settings import Settings
from identity_service.upstreams import service as upstreams
from identity_service.upstreams.models import UpstreamOffer
from identity_service.upstreams.schemas import RoleRule, UpstreamSettings
from identity_service.visit import Visit
from shared.web.settings import cookie_name
from tests.browser.conftest import free_port, wait_for
from tests.fixtures.databases import World
from tests.fixtures.server import TestServer, in_thread

ROOT = Path(__file__).parents[2]
PASSWORD = "an unlikely sentence 7"
ADMIN, COLLEAGUE, CUSTOMER = "maja@inside.example", "tomas@inside.example", "ana@outside.example"
LEAVER = "leo@outside.example"
"""A customer whom nothing depends on."""
APP_SECRET = "A" * 32
"""Of the authenticator app of the colleague, in base32."""
OFFER = "o" * 43
_ORGANISATION = {"name": "Fieldworks", "partner": True}
_ACCOUNTS: list[dict[str, Any]] = [
    {"realm": "staff", "email": ADMIN, "name": "Maja Lind", "roles": ["admin", "community_manager"]},
    {"realm": "staff", "email": COLLEAGUE, "name": "Tomas Berg", "roles": ["customer_facing"]},
    {"realm": "customer", "email": CUSTOMER, "name": "Ana Petrova", "organisation": _ORGANISATION},
    {"realm": "customer", "email": LEAVER, "name": "Leo Novak"},
]


@dataclass
class House:
    """Where identity is; `paths` are addresses with what makes them work, by name."""

    url: str
    database_url: str
    paths: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, Any]:
        return {
            "IDENTITY_PUBLIC_URL": self.url,
            "IDENTITY_DATABASE_URL": self.database_url,
            "IDENTITY_SECRET_KEY": "k" * 43,
            "EMPLOYEE_CLIENT_SECRET": "e" * 43,
            "CUSTOMER_CLIENT_SECRET": "c" * 43,
            "CUSTOMER_REGISTRATION": "true",
            "DEVELOPMENT": "true",
            "RATE_LIMIT_PERSON": "",
            "RATE_LIMIT_ADDRESS": "",
        }

    def context(self, browser: Browser, email: str = "", **options: Any) -> BrowserContext:
        """A browser in which this person signed in just now, or nobody."""
        context = browser.new_context(base_url=self.url, **options)
        context.set_default_timeout(20_000)
        offer = cookie_name("identity", self.url, "upstream-offer")
        context.add_cookies([{"name": offer, "value": OFFER, "url": self.url}])
        if email:
            realm = "customer" if email in (CUSTOMER, LEAVER) else "staff"
            form: dict[str, Any] = {"email": email, "password": PASSWORD, "realm": realm}
            headers = {"Sec-Fetch-Site": "same-origin"}
            assert context.request.post("/sign-in", form=form, headers=headers).ok
        return context


def serve(test_server: TestServer) -> Iterator[House]:
    """Until the tests are over."""
    world = World(test_server, f"house_{os.getpid()}")
    urls, port = in_thread(lambda: world.database("identity")), free_port()
    house = House(f"http://localhost:{port}", urls.app)
    settings = Settings(**house.environment)
    in_thread(lambda: _fill(house, settings))
    process = subprocess.Popen(
        [sys.executable, "-m", "identity_service", "serve", "--port", str(port)],
        cwd=ROOT,
        env={**os.environ, **house.environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(f"{house.url}/readyz", process)
        yield house
    finally:
        process.terminate()
        process.wait(10)
        in_thread(world.drop)


async def _fill(house: House, settings: Settings) -> None:
    async with operators.at_the_console(settings) as visit:
        accounts = [account | {"password": PASSWORD} for account in _ACCOUNTS]
        await operators.fill_demo(visit, {"accounts": accounts})
        people = {one.email: one for one in await visit.session.scalars(select(Account))}
        people[CUSTOMER].is_organisation_admin = True
        await totp.give(visit, people[COLLEAGUE].id, APP_SECRET)
        await _fill_links(house, visit, people)
        await _fill_console(house, visit, people)


async def _fill_links(house: House, visit: Visit, people: dict[str, Account]) -> None:
    """What people find in their mail."""
    invited = await invitations.invite_colleague(
        visit, email="noor@inside.example", roles=["customer_facing"], by=people[ADMIN], is_mailed=False
    )
    token = await links.make(visit, links.SIGN_UP, realm="customer", email="new@outside.example")
    forgot = await links.make(
        visit, links.SET_PASSWORD, realm="customer", email=CUSTOMER, account=people[CUSTOMER]
    )
    fieldworks = await visit.session.get_one(Organisation, people[CUSTOMER].organisation_id)
    domain = await organisations.add_domain(visit, fieldworks, "fieldworks.example")
    proof = await links.make(
        visit, links.DOMAIN, realm="customer", email=CUSTOMER, account=people[CUSTOMER], subject_id=domain.id
    )
    house.paths |= {
        "invitation": invited.removeprefix(visit.settings.identity_public_url),
        "confirm": f"/sign-up/confirm?token={token}",
        "password": f"/set-password?token={forgot}",
        "domain": f"/domain?token={proof}",
        "organisation": f"/admin/organisations/{fieldworks.id}",
        "person": f"/admin/people/{people[CUSTOMER].id}",
        "colleague": f"/admin/people/{people[COLLEAGUE].id}",
    }


async def _fill_console(house: House, visit: Visit, people: dict[str, Account]) -> None:
    """What administrators look after."""
    rules = [RoleRule(claim="groups", value="Support", role="customer_facing")]
    entra = UpstreamSettings(
        title="Northwind Entra",
        issuer="https://login.northwind.example/tenant/v2.0",
        client_id="00000000-0000-0000-0000-000000000000",
        email_domains=["northwind.example"],
        provisions=True,
        role_rules=rules,
    )
    await upstreams.keep(visit, "entra", entra, secret="a secret of theirs")
    visit.session.add(
        UpstreamOffer(
            secret_hash=hashed(OFFER),
            upstream_id="entra",
            subject="somebody",
            shown="maja@northwind.example",
            roles=[],
            back_to="",
            created_at=visit.now,
            expires_at=visit.now + links.LIFE,
        )
    )
    for name, is_provisioned in (("Support", True), ("Editors", False)):
        group = Group(id=uuid4(), display_name=name, display_name_key=name.lower(), role="customer_facing")
        group.is_provisioned, group.created_at, group.updated_at = is_provisioned, visit.now, visit.now
        visit.session.add(group)
        await visit.session.flush()
        await membership.change(visit, group, joined=[people[COLLEAGUE]], left=[], by="operator")
        house.paths[name.lower()] = f"/admin/groups/{group.id}"
    await registration.open_door(
        visit, note="Acme, for their portal", realms=["customer"], uses=3, life=7 * links.LIFE
    )
