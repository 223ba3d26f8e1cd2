"""What the worker of the employee database does."""

import httpx

from employee_service.desk.delivery import ReplyDelivery
from employee_service.desk.deps import CLIENT_ID, make_gateway, service_party
from employee_service.desk.events import ReplyQueued
from employee_service.desk.gateway import BridgeGateway
from employee_service.desk.jobs import DeskWork
from employee_service.settings import Settings
from shared.db.engine import Database
from shared.jobs.relay import Relay
from shared.jobs.worker import Job, Worker
from shared.kernel.clock import SystemClock
from shared.tools.composition import event_listening
from shared.tools.topics import events
from shared.tools.upkeep import upkeep


def jobs(
    settings: Settings, database: Database, gateway: BridgeGateway, http: httpx.AsyncClient
) -> list[Job]:
    clock = SystemClock()
    handlers = {ReplyQueued.name: ReplyDelivery(gateway, clock)}
    return [
        Relay(database, clock, handlers, ignored=events.NAMES).job(),
        event_listening(settings, CLIENT_ID, database, clock, http),
        upkeep(database, clock),
        *DeskWork(database, clock, gateway).jobs(),
    ]


async def work(settings: Settings) -> None:
    database = Database(
        settings.database_url.get_secret_value(), pool_size=4, time_limits=settings.worker_time_limits
    )
    await database.open()
    async with httpx.AsyncClient(timeout=5) as http:
        gateway = make_gateway(settings, database, SystemClock(), service_party(settings, http))
        try:
            await Worker(database, jobs(settings, database, gateway, http)).run()
        finally:
            await gateway.close()
            await database.close()
