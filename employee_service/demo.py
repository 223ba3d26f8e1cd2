"""Demonstration content for an empty community; the people are identity's demonstration accounts."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from employee_service.app import SPACES, catalog
from employee_service.settings import Settings
from shared.db.engine import Database
from shared.kernel.clock import SystemClock
from shared.tools.seed import Seed, fill

CONTENT = tomllib.loads((Path(__file__).parent / "demo.toml").read_text(encoding="utf-8"))


async def load(settings: Settings, accounts: list[Mapping[str, Any]]) -> bool:
    """Returns whether anything was written: nothing is when the community has content already."""
    database = Database(settings.database_url.get_secret_value(), pool_size=2)
    try:
        async with database.transaction() as session:
            seed = Seed(session, catalog(), SPACES, now=SystemClock().now())
            return await fill(seed, CONTENT, accounts)
    finally:
        await database.close()
