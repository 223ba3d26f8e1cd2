"""Whoever sends a body slowly, or never, holds no connection to the database meanwhile."""

from collections.abc import AsyncIterator

import httpx
import pytest
from sqlalchemy.pool import QueuePool

from tests.identity.driver import EMPLOYEE_AUTH, OWN_FORM, House

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize(
    "path",
    [
        "/oauth/token",
        "/oauth/revoke",
        "/oauth/authorize",
        "/oauth/userinfo",
        "/oauth/end-session",
        "/oauth/consent",
        "/sign-in",
        "/sign-up",
        "/sign-up/confirm",
        "/sign-out",
        "/reset-password",
        "/set-password",
    ],
)
async def test_no_connection_is_held_while_the_body_comes(
    house: House, raw: httpx.AsyncClient, path: str
) -> None:
    pool = house.services.database.engine.sync_engine.pool
    assert isinstance(pool, QueuePool)
    held = []

    async def body() -> AsyncIterator[bytes]:
        for piece in (b"grant_type=", b"other"):
            held.append(pool.checkedout())
            yield piece

    answer = await raw.post(path, content=body(), headers=FORM | OWN_FORM | EMPLOYEE_AUTH)
    assert answer.status_code < 500
    assert held == [0, 0]
