"""Demonstration content for an empty community; the people are identity's demonstration accounts."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from customer_service.app import SPACES, catalog
from customer_service.settings import Settings
from customer_service.sharing.feed import register
from customer_service.sharing.service import SharingService
from shared.db.engine import Database
from shared.kernel.clock import SystemClock
from shared.tools.seed import Seed, fill
from shared.tools.spaces.permissions import MANAGER_ROLE

CONTENT = tomllib.loads((Path(__file__).parent / "demo.toml").read_text(encoding="utf-8"))

INTEGRATOR: dict[str, Any] = {
    "client_id": "demo-crm",
    "name": "Customer records (demonstration)",
    "audiences": ["systems"],
    "purposes": ["support"],
}
"""The program that reads over the bridge in a demonstration; its secret is identity's to give."""


async def load(settings: Settings, accounts: list[Mapping[str, Any]]) -> bool:
    """Returns whether anything was written: nothing is when the community has content already."""
    database = Database(settings.database_url.get_secret_value(), pool_size=2)
    try:
        async with database.transaction() as session:
            seed = Seed(session, catalog(), SPACES, now=SystemClock().now())
            written = await fill(seed, CONTENT, accounts)
            if written:
                await _allow_sharing(seed)
                await register(session, **INTEGRATOR, now=SystemClock().now())
            return written
    finally:
        await database.close()


async def _allow_sharing(seed: Seed) -> None:
    """Lets topics be shared from the spaces that the file calls shareable."""
    manager = next(who for who, actor in seed.actors.items() if actor.has_role(MANAGER_ROLE))
    context = seed.context(manager, seed.now)
    for space in CONTENT["spaces"]:
        if space.get("shareable"):
            await SharingService(context).open_space(seed.spaces[space["slug"]].id, allowed=True)
