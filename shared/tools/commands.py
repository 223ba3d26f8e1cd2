"""The commands of a community: those every service has, and its content's."""

import asyncio
import json
import sys
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, TypeVar

import typer

from shared.db.engine import Database
from shared.tools.composition import CommunitySettings
from shared.tools.spaces.service import SpacesPolicy
from shared.tools.transfer.cli import Target, stackexchange_command
from shared.web.commands import Program, commands_of, settings_or_exit

Told = TypeVar("Told", bound=CommunitySettings)


def community_commands(
    program: Program[Told],
    *,
    demo: Callable[[Told, list[Mapping[str, Any]]], Coroutine[Any, Any, bool]],
    spaces: SpacesPolicy,
) -> typer.Typer:
    """`demo` fills an empty community for identity's accounts and says whether it wrote anything."""
    commands = commands_of(program)

    @commands.command("demo")
    def load_demo() -> None:
        """Fill an empty community with demonstration content; standard input holds identity's accounts."""
        settings: Told = settings_or_exit(program.settings)
        written = asyncio.run(demo(settings, json.load(sys.stdin)))
        typer.echo(
            "Demonstration content written." if written else "There is content already: nothing written."
        )

    def import_target() -> Target:
        settings: Told = settings_or_exit(program.settings)
        return Target(program.name, Database(settings.database_url.get_secret_value()), spaces)

    commands.command("import-stackexchange")(stackexchange_command(import_target))
    return commands
