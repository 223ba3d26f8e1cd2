"""The command, against a database of its own, with real commits."""

import json
from asyncio import to_thread
from pathlib import Path

import asyncpg
import pytest
import typer
from typer.testing import CliRunner, Result

from shared.db.engine import Database
from shared.tools.spaces.service import SpacesPolicy
from shared.tools.transfer.cli import Target, stackexchange_command
from tests.fixtures.databases import World
from tests.fixtures.server import DatabaseUrls, in_thread
from tests.transfer.make_dump import SITE, FakeDump

POLICY = SpacesPolicy(anonymous_reading=True, kinds=("question",))


def run(url: str, dump: Path, *options: str) -> Result:
    app = typer.Typer()
    command = stackexchange_command(lambda: Target("customer_service", Database(url), POLICY))
    app.command("import-stackexchange")(command)
    app.command("other")(lambda: None)
    return CliRunner().invoke(app, ["import-stackexchange", str(dump), "--space", "Back Garden", *options])


@pytest.fixture
async def urls(world: World) -> DatabaseUrls:
    return await world.database("customer")


def rows(urls: DatabaseUrls, sql: str) -> list[tuple[object, ...]]:
    async def fetch() -> list[tuple[object, ...]]:
        connection = await asyncpg.connect(urls.app)
        try:
            return [tuple(row) for row in await connection.fetch(sql)]
        finally:
            await connection.close()

    return in_thread(fetch)


async def test_it_imports_and_reports(urls: DatabaseUrls, small: FakeDump, tmp_path: Path) -> None:
    folder = small.write(tmp_path / SITE)
    result = await to_thread(run, urls.app, folder)
    assert result.exit_code == 0, result.output
    assert "What became of each row" in result.stdout
    assert "Badges.xml: 7 skipped: a badge has no counterpart here" in result.stdout
    assert rows(urls, "select count(*) from topics") == [(12,)]
    assert rows(urls, "select slug, name, topic_count from spaces where slug = 'back-garden'") == [
        ("back-garden", "Back Garden", 12)
    ]
    again = await to_thread(run, urls.app, folder, "--json")
    files = json.loads(again.stdout)["files"]
    assert sum(file["imported"] for file in files.values()) == 0
    assert rows(urls, "select count(*) from topics") == [(12,)]


async def test_what_is_wrong_is_told_in_a_line(urls: DatabaseUrls, small: FakeDump, tmp_path: Path) -> None:
    small.rows["Users"].append(dict(small.rows["Users"][1]))
    refusals = {
        small.write(tmp_path / SITE): "comes twice",
        tmp_path / "nothing": "does not exist",
        small.write(tmp_path / "unnamed"): "SITE=",
    }
    for path, reason in refusals.items():
        result = await to_thread(run, urls.app, path)
        assert result.exit_code == 1
        assert reason in result.stderr
        assert "Traceback" not in result.output
    assert rows(urls, "select count(*) from people where sub is null") == [(0,)]


async def test_a_database_out_of_reach_is_told_in_a_line(small: FakeDump, tmp_path: Path) -> None:
    folder = small.write(tmp_path / SITE)
    result = await to_thread(run, "postgresql://nobody:x@127.0.0.1:9/none", folder)
    assert result.exit_code == 1
    assert "nothing was written" in result.stderr
