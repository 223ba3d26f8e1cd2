"""`python -m identity_service`: serve, worker, migrate, demo, admin."""

import asyncio
import json
import sys
from collections.abc import Coroutine
from typing import Annotated, Any, TypeVar

import typer

from identity_service import operators
from identity_service.app import create_app
from identity_service.audit.commands import commands as audit
from identity_service.configuration.commands import commands as configuration
from identity_service.invitations.commands import commands as invitations
from identity_service.keys.commands import commands as keys
from identity_service.registration.commands import commands as registration
from identity_service.settings import OwnerSettings, Settings
from identity_service.worker import work
from shared.kernel.errors import Problem
from shared.web.commands import Program, commands_of, settings_or_exit

Done = TypeVar("Done")

app = commands_of(
    Program(
        "identity_service",
        port=8000,
        settings=Settings,
        owner_settings=OwnerSettings,
        database_url=lambda settings: settings.identity_database_url.get_secret_value(),
        owner_url=lambda settings: settings.identity_database_owner_url.get_secret_value(),
        app=create_app,
        work=work,
    )
)

app.add_typer(audit)
app.add_typer(configuration)
app.add_typer(invitations)
app.add_typer(keys)
app.add_typer(registration)


@app.command()
def demo() -> None:
    """Make the accounts that standard input describes (JSON) and print them with their `sub`."""
    settings: Settings = settings_or_exit(Settings)
    document: Any = json.load(sys.stdin)
    print(json.dumps(asyncio.run(operators.load_demo(settings, document))))


@app.command()
def admin(
    email: Annotated[str, typer.Option(help="E-mail address of the administrator")],
    name: Annotated[str, typer.Option(help="Name, for a new account")] = "",
) -> None:
    """Make a staff account an administrator and print a one-time link to set its password."""
    settings: Settings = settings_or_exit(Settings)
    try:
        made = asyncio.run(operators.make_admin(settings, email=email, name=name))
    except Problem as problem:
        print(problem.detail, file=sys.stderr)
        raise typer.Exit(2) from None
    print(f"{made.in_words}\nTo set its password open this within an hour; it works once:\n{made.link}")


@app.command()
def origins(
    client_id: Annotated[str, typer.Argument(help="Which client")],
    origin: Annotated[
        list[str] | None, typer.Argument(help="All of them, such as https://app.example.com")
    ] = None,
) -> None:
    """Say from which web pages a client's tokens may be used (CORS); none for no page."""
    settings: Settings = settings_or_exit(Settings)
    try:
        asyncio.run(operators.set_origins(settings, client_id, origin or []))
    except Problem as problem:
        print(problem.detail, file=sys.stderr)
        raise typer.Exit(2) from None


@app.command()
def scim_token(name: Annotated[str, typer.Argument(help="Of the directory, such as entra")]) -> None:
    """Print a new provisioning token for a directory (SCIM); it is shown this once."""
    print(_done(operators.make_scim_token(settings_or_exit(Settings), name)))


@app.command()
def scim_token_revoke(name: Annotated[str, typer.Argument(help="Of the directory")]) -> None:
    """Refuse a directory's provisioning token from now on."""
    _done(operators.revoke_scim_token(settings_or_exit(Settings), name))


@app.command()
def scim_group(
    name: Annotated[str, typer.Argument(help="Of the group, as the directory names it")],
    role: Annotated[str, typer.Argument(help="The role that its members get")],
) -> None:
    """Give the members of a directory's group a role."""
    count = _done(operators.map_group(settings_or_exit(Settings), name, role))
    print(f"Groups of this name: {count}")


def _done(act: Coroutine[Any, Any, Done]) -> Done:
    """What an act gave; a refusal is told on standard error."""
    try:
        return asyncio.run(act)
    except Problem as problem:
        print(problem.detail, file=sys.stderr)
        raise typer.Exit(2) from None


if __name__ == "__main__":
    app()
