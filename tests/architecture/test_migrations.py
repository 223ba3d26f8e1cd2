"""Migrations are dull: generated, read, linear, and the same as the tables in the code."""

import ast
import re

import pytest
from alembic.script import ScriptDirectory

from shared.db import migrations as history
from shared.db import revision
from tests.architecture.sources import PACKAGES, SERVICES, migrations, nothing
from tests.fixtures.databases import World

NAME = re.compile(r"\d{4}_[a-z0-9_]+")


@pytest.mark.parametrize("service", SERVICES)
async def test_the_history_makes_what_the_code_declares(service: str, world: World) -> None:
    """`alembic check`: a table changed without a revision works in development and nowhere else."""
    urls = await world.database(service.removesuffix("_service"))
    history.check(service, urls.owner)


@pytest.mark.parametrize("service", SERVICES)
def test_the_history_is_one_line(service: str) -> None:
    """Two heads cannot be upgraded to; branches are merged by renumbering before anyone ran them."""
    script = ScriptDirectory.from_config(history.config_for(service))
    assert script.get_heads() == [revision.head(service)], "services go by the names of the files"
    assert len(script.get_bases()) == 1


def test_revisions_import_nothing_of_ours() -> None:
    """A model changes after the revision was written: an old history must still run then."""
    nothing(
        f"{source.at(node)} imports {name}"
        for source in migrations()
        for node, name in source.imports()
        if name.split(".")[0] in PACKAGES
    )


def test_revisions_are_named_by_number_and_noun() -> None:
    """`0003_bridge_views`: the order of a folder is the order of the history."""
    nothing(source.name for source in migrations() if not NAME.fullmatch(source.path.stem))


def test_revisions_set_no_timeouts_of_their_own() -> None:
    """`shared.db.migrations` gives every revision a lock and a statement timeout: none may lift them."""
    nothing(
        source.name
        for source in migrations()
        if re.search(r"(lock|statement)_timeout", source.text) and "autocommit_block" not in source.text
    )


def test_constraints_and_indexes_have_names() -> None:
    """A constraint without a name is named by the server, and cannot be changed by a later revision."""
    found = []
    for source in migrations():
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("sa."):
                kind = ast.unparse(node.func).removeprefix("sa.")
                named = any(word.arg == "name" for word in node.keywords)
                if kind in ("ForeignKeyConstraint", "UniqueConstraint", "CheckConstraint") and not named:
                    found.append(source.at(node))
    nothing(found)
