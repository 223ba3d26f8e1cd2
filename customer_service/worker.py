"""What the worker of the customer database does."""

from customer_service.app import catalog
from customer_service.settings import Settings
from customer_service.sharing.jobs import SharingWork
from shared.db.engine import Database
from shared.jobs.relay import Relay
from shared.jobs.worker import Job, Worker
from shared.kernel.clock import SystemClock
from shared.tools.topics import events
from shared.tools.upkeep import upkeep


def jobs(settings: Settings, database: Database) -> list[Job]:
    clock = SystemClock()
    sharing = SharingWork(database, clock, catalog())
    relay = Relay(database, clock, sharing.handlers(), ignored=events.NAMES)
    return [relay.job(), upkeep(database, clock), *sharing.jobs()]


async def work(settings: Settings) -> None:
    database = Database(settings.database_url, pool_size=4, time_limits=settings.worker_time_limits)
    await database.open()
    try:
        await Worker(database, jobs(settings, database)).run()
    finally:
        await database.close()
