"""What the worker of the customer database does."""

import httpx

from customer_service.app import CLIENT_ID, catalog
from customer_service.settings import Settings
from customer_service.sharing.jobs import SharingWork
from shared.db.engine import Database
from shared.jobs.relay import Relay
from shared.jobs.worker import Job, Worker
from shared.kernel.clock import SystemClock
from shared.tools.composition import event_listening
from shared.tools.topics import events
from shared.tools.upkeep import upkeep


def jobs(settings: Settings, database: Database, http: httpx.AsyncClient) -> list[Job]:
    clock = SystemClock()
    sharing = SharingWork(database, clock, catalog())
    relay = Relay(database, clock, sharing.handlers(), ignored=events.NAMES)
    return [
        relay.job(),
        event_listening(settings, CLIENT_ID, database, clock, http),
        upkeep(database, clock),
        *sharing.jobs(),
    ]


async def work(settings: Settings) -> None:
    database = Database(
        settings.database_url.get_secret_value(), pool_size=4, time_limits=settings.worker_time_limits
    )
    await database.open()
    async with httpx.AsyncClient(timeout=5) as http:
        try:
            await Worker(database, jobs(settings, database, http)).run()
        finally:
            await database.close()
