"""What operators do from the command line: demonstration content, the first administrator."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, TypeAdapter

from identity_service.accounts import links
from identity_service.accounts import service as accounts
from identity_service.accounts.models import Organisation
from identity_service.app import make_services, prepare
from identity_service.audit import service as audit
from identity_service.clients import service as clients
from identity_service.roles import service as roles
from identity_service.scim import tokens as scim_tokens
from identity_service.settings import Settings
from identity_service.visit import Caller, Visit
from shared.kernel.ids import new_id

DEMO_CLIENT = "demo-crm"
ADMIN_ROLES = ("admin", "community_manager")


class DemoOrganisation(BaseModel):
    """A company of the demonstration."""

    name: str
    partner: bool = False


class DemoAccount(BaseModel):
    """One account of the demonstration, as the launcher describes it."""

    model_config = ConfigDict(extra="allow")

    realm: str
    email: str
    name: str
    password: str
    roles: list[str] = []
    organisation: DemoOrganisation | None = None


class DemoClient(BaseModel):
    """The demonstration's integrator."""

    id: str = DEMO_CLIENT
    secret: str


class Demo(BaseModel):
    """What the command `demo` reads; a bare list is taken as `accounts`."""

    accounts: list[DemoAccount]
    client: DemoClient | None = None


@asynccontextmanager
async def at_the_console(settings: Settings) -> AsyncIterator[Visit]:
    """A visit of the operator: one transaction, kept when the block ends well."""
    services = make_services(settings)
    await services.database.open()
    try:
        await prepare(services)
        async with Caller(services=services, now=services.clock.now(), address="console").begin() as visit:
            yield visit
    finally:
        services.passwords.close()
        services.saml.close()
        await services.database.close()


async def load_demo(settings: Settings, document: Any) -> list[dict[str, Any]]:
    """Make the demonstration's accounts and client; a second time changes nothing.

    Returns the accounts as they came, without passwords and with their `sub`.
    """
    async with at_the_console(settings) as visit:
        return await fill_demo(visit, document)


async def fill_demo(visit: Visit, document: Any) -> list[dict[str, Any]]:
    """`load_demo` within a transaction that is there already."""
    demo = TypeAdapter(Demo).validate_python(
        {"accounts": document} if isinstance(document, list) else document
    )
    client, secret = demo.client, visit.settings.demo_crm_client_secret.get_secret_value()
    if client is None and secret:
        client = DemoClient(secret=secret)
    if client is not None:
        wanted = clients.integrator(visit.settings, client.id, client.secret)
        await clients.register(visit.session, wanted, visit.now)
    return [await _demo_account(visit, account) for account in demo.accounts]


async def _demo_account(visit: Visit, wanted: DemoAccount) -> dict[str, Any]:
    account = await accounts.by_address(visit, realm=wanted.realm, email=wanted.email)
    if account is None:
        account = accounts.new_account(visit, realm=wanted.realm, email=wanted.email, name=wanted.name)
        account.email_verified_at = visit.now
    account.name = wanted.name
    if wanted.organisation is not None:
        account.organisation_id = (await _organisation(visit, wanted.organisation)).id
    await roles.settle(visit.session, account, given=wanted.roles)
    await accounts.give_password(visit, account, wanted.password)
    return wanted.model_dump(mode="json", exclude={"password"}) | {"sub": str(account.id)}


async def _organisation(visit: Visit, wanted: DemoOrganisation) -> Organisation:
    found = await accounts.organisation_named(visit, wanted.name)
    if found is None:
        found = Organisation(id=new_id(), name=wanted.name, is_partner=wanted.partner)
        visit.session.add(found)
        await visit.session.flush()
    found.is_partner = wanted.partner
    return found


@dataclass(frozen=True, slots=True)
class AdminMade:
    """`link` sets the password, once. `is_customer`: the address has a customer's account too."""

    link: str
    name: str
    is_new: bool
    is_customer: bool

    @property
    def in_words(self) -> str:
        done = "A new staff account" if self.is_new else "The staff account that was there"
        told = f"{done}, {self.name}, is an administrator and community manager now."
        if self.is_customer:
            told += "\nThe customer's account with this address is another one, and stays as it was."
        return told


async def make_admin(settings: Settings, *, email: str, name: str) -> AdminMade:
    """A staff account that manages everything, and a one-time link to set its password. Raises BadEmail.

    An account that is there already keeps its name and gets the roles.
    """
    async with at_the_console(settings) as visit:
        account = await accounts.by_address(visit, realm="staff", email=email)
        customer = await accounts.by_address(visit, realm="customer", email=email)
        is_new = account is None
        if account is None:
            name = name or email.strip().partition("@")[0]
            account = accounts.new_account(visit, realm="staff", email=email, name=name)
        await roles.settle(visit.session, account, given={*account.given_roles, *ADMIN_ROLES})
        account.updated_at = visit.now
        await visit.session.flush()
        audit.record(
            visit.session, "account.made_admin", at=visit.now, account_id=account.id, address="console"
        )
        link = await links.operators_link(visit, account)
        return AdminMade(link, account.name, is_new, customer is not None)


async def set_origins(settings: Settings, client_id: str, origins: list[str]) -> None:
    """From which pages this client's tokens may be used. Raises `NotFound`, `BadOrigin`."""
    async with at_the_console(settings) as visit:
        await clients.set_origins(visit.session, client_id, origins, visit.now)
        audit.record(
            visit.session, "client.origins_set", at=visit.now, client_id=client_id, address="console"
        )


async def make_scim_token(settings: Settings, name: str) -> str:
    """A provisioning token for a directory. Raises `NameTaken`."""
    async with at_the_console(settings) as visit:
        return await scim_tokens.make(visit, name)


async def revoke_scim_token(settings: Settings, name: str) -> None:
    """It is refused from now on. Raises `NotFound`."""
    async with at_the_console(settings) as visit:
        await scim_tokens.revoke(visit, name)


async def map_group(settings: Settings, name: str, role: str) -> int:
    """Give everybody in the groups of this name a role, now and later. Returns how many groups there are.
    Raises `NotFound`, `UnknownRole`."""
    from identity_service.scim import groups  # allowed: late import, because servers start with this too

    async with at_the_console(settings) as visit:
        return await groups.map_role(visit, name, role)
