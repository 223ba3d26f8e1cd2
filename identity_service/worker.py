"""What the worker of the identity database does."""

from datetime import timedelta

from identity_service.accounts import links
from identity_service.app import make_services
from identity_service.audit import keeping
from identity_service.audit import service as audit
from identity_service.backchannel import service as backchannel
from identity_service.closing import service as closing
from identity_service.device_flow import service as device_flow
from identity_service.devices import service as devices
from identity_service.events import service as events
from identity_service.factors import challenges
from identity_service.grants import service as grants
from identity_service.invitations import service as invitations
from identity_service.limits import service as limits
from identity_service.mail import service as mail
from identity_service.mail.service import Mailbox, Mailer, mailer_of
from identity_service.settings import Settings
from identity_service.sign_in import unfinished
from identity_service.upstreams import asking as upstreams
from identity_service.visit import Caller, Services
from shared.jobs.worker import Job, Worker
from shared.web import idempotency

MAILS_AT_ONCE = 20


async def send_mail(services: Services, mailer: Mailer) -> int:
    """One batch of mail, each in a transaction of its own. Returns how many were looked at."""
    now = services.clock.now()
    sender = services.settings.mail_from
    if isinstance(mailer, Mailbox):
        async with services.database.transaction() as session:
            await mail.forget_kept(session, now)
    for count in range(MAILS_AT_ONCE):
        async with services.database.transaction() as session:
            if isinstance(mailer, Mailbox):
                is_more = await mail.file_next(session, mailer, sender=sender, now=now)
            else:
                is_more = await mail.send_next(session, mailer, sender=sender, now=now)
            if not is_more:
                return count
    return MAILS_AT_ONCE


async def tidy(services: Services) -> int:
    """Delete what has ended. Answers 0: it is done for this time."""
    async with Caller(services=services, now=services.clock.now(), address="worker").begin() as visit:
        await grants.prune(visit)
        await events.prune(visit)
        await links.prune(visit)
        await invitations.prune(visit)
        await device_flow.prune(visit)
        await devices.prune(visit)
        await challenges.prune(visit)
        await unfinished.prune(visit)
        await upstreams.prune(visit)
        await limits.prune(visit.session, visit.now)
        await idempotency.forget_old(visit.session, visit.now)
        await services.keys.prune(visit.session, visit.now)
    return 0


async def rotate_keys(services: Services) -> int:
    """New signing keys when those in use are old enough."""
    now, every = services.clock.now(), timedelta(days=services.settings.signing_key_days)
    async with services.database.transaction() as session:
        if await services.keys.rotate_when_due(session, now, every=every):
            audit.record(session, "keys.rotated", at=now, address="worker", at_once=False)
    return 0


async def cut_audit(services: Services) -> int:
    """Cut off what of the audit log is too old. Answers how many rows went."""
    return await keeping.cut(services.database, services.clock.now(), days=services.settings.audit_days)


async def work(settings: Settings) -> None:
    services = make_services(settings, time_limits=settings.worker_time_limits)
    mailer = mailer_of(settings)
    await services.database.open()
    jobs = [
        Job("mail", lambda: send_mail(services, mailer), every=2),
        Job("logout notices", lambda: backchannel.deliver(services), every=2),
        Job("audit", lambda: audit.number(services.database), every=1),
        Job("audit cut", lambda: cut_audit(services), every=3600),
        Job("closings", lambda: closing.erase_next(services), every=600),
        Job("tidy", lambda: tidy(services), every=600),
        Job("rotate keys", lambda: rotate_keys(services), every=3600),
    ]
    try:
        await Worker(services.database, jobs).run()
    finally:
        services.passwords.close()
        services.saml.close()
        await services.outgoing.close()
        await services.database.close()
