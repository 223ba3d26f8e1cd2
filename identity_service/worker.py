"""What the worker of the identity database does."""

from identity_service.accounts import links
from identity_service.app import make_services
from identity_service.grants import service as grants
from identity_service.limits import service as limits
from identity_service.mail import service as mail
from identity_service.mail.service import Mailer, mailer_of
from identity_service.settings import Settings
from identity_service.visit import Caller, Services
from shared.jobs.worker import Job, Worker


async def send_mail(services: Services, mailer: Mailer) -> int:
    """One batch of mail."""
    now = services.clock.now()
    async with services.database.transaction() as session:
        return await mail.send_due(session, mailer, sender=services.settings.mail_from, now=now)


async def tidy(services: Services) -> int:
    """Delete what has ended. Answers 0: it is done for this time."""
    async with Caller(services=services, now=services.clock.now(), address="worker").begin() as visit:
        await grants.prune(visit)
        await links.prune(visit)
        await limits.prune(visit.session, visit.now)
    return 0


async def work(settings: Settings) -> None:
    services, mailer = make_services(settings), mailer_of(settings)
    await services.database.open()
    jobs = [
        Job("mail", lambda: send_mail(services, mailer), every=2),
        Job("tidy", lambda: tidy(services), every=600),
    ]
    try:
        await Worker(services.database, jobs).run()
    finally:
        services.passwords.close()
        await services.database.close()
