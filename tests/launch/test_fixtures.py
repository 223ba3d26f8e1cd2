"""The two ways to a database, as other tests rely on them."""

import asyncpg
import pytest
from sqlalchemy import text

from tests.fixtures.databases import Db, World
from tests.fixtures.server import NAMES


@pytest.mark.parametrize("community", NAMES, indirect=True)
@pytest.mark.parametrize("turn", [1, 2])
async def test_nothing_of_db_is_left_for_the_next_test(db: Db, turn: int) -> None:
    """A commit of the session ends a savepoint, and its rows go with the outer transaction."""
    count = text("SELECT count(*) FROM alembic_version")
    assert await db.session.scalar(count) == 1
    await db.session.execute(text("INSERT INTO alembic_version VALUES ('a test was here')"))
    await db.session.commit()
    assert await db.session.scalar(count) == 2


@pytest.mark.parametrize("community", NAMES, indirect=True)
async def test_db_signs_in_as_the_app_role(db: Db) -> None:
    assert await db.session.scalar(text("SELECT current_user::text")) == f"{db.name}_app"


async def test_worlds_have_real_roles_that_keep_to_their_own(world: World) -> None:
    databases = await world.all()
    for name, urls in databases.items():
        connection = await asyncpg.connect(urls.app)
        assert await connection.fetchval("SELECT current_user::text") == f"{name}_app"
        assert await connection.fetchval("SELECT count(*) FROM alembic_version") == 1
        await connection.close()
        for other in databases.values():
            if other is not urls:
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await asyncpg.connect(urls.app.rsplit("/", 1)[0] + f"/{other.name}")
