"""People, from the console: the commands staff, deactivate, reactivate, roles and organisation."""

import asyncio
from collections.abc import Coroutine
from typing import Annotated, Any, TypeVar

import typer

from identity_service import operators
from identity_service.accounts import links
from identity_service.accounts import service as accounts
from identity_service.accounts.models import Account
from identity_service.invitations import service
from identity_service.lifecycle import service as lifecycle
from identity_service.organisations import service as organisations
from identity_service.roles import service as roles
from identity_service.settings import Settings
from identity_service.visit import Visit
from shared.kernel.errors import NotFound, Problem
from shared.web.commands import settings_or_exit

T = TypeVar("T")
commands = typer.Typer()

Email = Annotated[str, typer.Option(help="E-mail address of the account")]
Realm = Annotated[str, typer.Option(help="staff or customer")]
Roles = Annotated[list[str] | None, typer.Option("--role", help="One role; say it again for more")]
OPERATOR = "operator"


@commands.command()
def staff(email: Email, role: Roles = None) -> None:
    """Invite a colleague: mails a one-time link, good for seven days, and prints it too."""
    link = _run(_invite(settings_or_exit(Settings), email, role or []))
    typer.echo(f"Invited. The link was mailed; it works once, within 7 days:\n{link}")


@commands.command()
def deactivate(email: Email, realm: Realm = "staff") -> None:
    """Shut an account: every session and token ends, in all services within a minute."""
    _run(_deactivate(settings_or_exit(Settings), realm, email))
    typer.echo(f"{email} is shut out.")


@commands.command()
def reactivate(email: Email, realm: Realm = "staff") -> None:
    """Let an account in again. What ended stays ended."""
    _run(_reactivate(settings_or_exit(Settings), realm, email))
    typer.echo(f"{email} may sign in again.")


@commands.command("roles")
def show_or_set_roles(
    email: Annotated[str, typer.Option(help="Whose; without it all roles are listed")] = "",
    role: Roles = None,
    realm: Realm = "staff",
    none: Annotated[bool, typer.Option("--none", help="Take all roles away")] = False,
) -> None:
    """List all roles, show somebody's, or set them: all that are named, and no others."""
    wanted = [] if none else role
    for line in _run(_roles(settings_or_exit(Settings), realm, email, wanted)):
        typer.echo(line)


@commands.command()
def organisation(
    name: Annotated[str, typer.Option(help="Its name")],
    domain: Annotated[list[str] | None, typer.Option(help="A domain that you know is theirs")] = None,
    admin: Annotated[str, typer.Option(help="Who will look after its people; gets an invitation")] = "",
    partner: Annotated[bool, typer.Option("--partner", help="Its people get the role partner")] = False,
) -> None:
    """Make an organisation, or add domains and an admin to one."""
    link = _run(_organisation(settings_or_exit(Settings), name, domain or [], admin, partner))
    typer.echo(f"Done.{f' The admin was invited; the link works once:{chr(10)}{link}' if link else ''}")


def _run(work: Coroutine[Any, Any, T]) -> T:
    """Run it; what is refused is said on standard error, with exit code 2."""
    try:
        return asyncio.run(work)
    except Problem as problem:
        typer.echo(problem.detail, err=True)
        raise typer.Exit(2) from None


async def _invite(settings: Settings, email: str, names: list[str]) -> str:
    async with operators.at_the_console(settings) as visit:
        return await service.invite_colleague(visit, email=email, roles=names)


async def _deactivate(settings: Settings, realm: str, email: str) -> None:
    async with operators.at_the_console(settings) as visit:
        account = await _account(visit, realm, email)
        await links.cancel(visit, account.id, links.UNDO_CLOSING)
        await lifecycle.deactivate(visit, account, because="shut by an operator", by=OPERATOR)


async def _reactivate(settings: Settings, realm: str, email: str) -> None:
    async with operators.at_the_console(settings) as visit:
        await lifecycle.reactivate(visit, await _account(visit, realm, email), by=OPERATOR)


async def _roles(settings: Settings, realm: str, email: str, wanted: list[str] | None) -> list[str]:
    async with operators.at_the_console(settings) as visit:
        if not email:
            return [f"{role.name} ({role.realm})" for role in await roles.all_roles(visit)]
        account = await _account(visit, realm, email)
        if wanted is not None:
            known = await roles.known(visit, realm, wanted)
            await lifecycle.change(visit, account, roles=known, by=OPERATOR)
        return [f"{account.email}: {', '.join(account.roles) or 'no roles'}"]


async def _organisation(
    settings: Settings, name: str, domains: list[str], admin: str, is_partner: bool
) -> str:
    async with operators.at_the_console(settings) as visit:
        try:
            found = await organisations.named(visit, name)
        except NotFound:
            found = await organisations.found(visit, name=name, is_partner=is_partner, by=OPERATOR)
        for domain in domains:
            await organisations.vouch(visit, found, domain)
        if not admin:
            return ""
        return await service.invite_to(visit, found, email=admin, is_admin=True)


async def _account(visit: Visit, realm: str, email: str) -> Account:
    """Raises NotFound, BadEmail."""
    account = await accounts.by_address(visit, realm=realm, email=email)
    if account is None:
        raise NotFound(f"There is no account {email} in the realm {realm}.")
    return account
