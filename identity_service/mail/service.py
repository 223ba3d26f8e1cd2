"""Writing mails into the transaction, and sending those that are due."""

import smtplib
from datetime import datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid, parseaddr
from typing import Protocol
from urllib.parse import unquote, urlsplit

import aiosmtplib
import structlog
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from identity_service.mail.models import Mail
from identity_service.settings import Settings
from shared.kernel.ids import new_id

log = structlog.get_logger("mail")

MAX_ATTEMPTS = 8
KEPT_IN_DEVELOPMENT = timedelta(days=1)


class Mailer(Protocol):
    """How mail leaves the house."""

    keeps_mail: bool
    """True when nothing is sent, so that the table is the mailbox."""

    async def send(self, message: EmailMessage) -> None:
        """Raises OSError or an aiosmtplib error when the mail was not taken."""
        ...


class SmtpMailer:
    """Hands mail to a server: `smtps://` with TLS from the start, `smtp://` with STARTTLS where offered."""

    keeps_mail = False

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise ValueError("SMTP_URL must look like smtp://user:password@host:587")
        self._host, self._tls = parts.hostname, parts.scheme == "smtps"
        self._port = parts.port or (465 if self._tls else 587)
        self._user, self._password = unquote(parts.username or ""), unquote(parts.password or "")

    async def send(self, message: EmailMessage) -> None:
        await aiosmtplib.send(
            message,
            hostname=self._host,
            port=self._port,
            username=self._user or None,
            password=self._password or None,
            use_tls=self._tls,
            timeout=20,
        )


class Mailbox:
    """Sends nothing: mail stays in the table, where /dev/mail shows it in development."""

    keeps_mail = True

    async def send(self, message: EmailMessage) -> None:
        log.info("mail kept", subject=message["Subject"])


def mailer_of(settings: Settings) -> Mailer:
    url = settings.smtp_url.get_secret_value()
    return SmtpMailer(url) if url else Mailbox()


def write(session: AsyncSession, *, to: str, subject: str, body: str, now: datetime) -> None:
    """Put a mail into the transaction."""
    session.add(Mail(id=new_id(), to=to, subject=subject, body=body, created_at=now, due_at=now, attempts=0))


async def send_due(session: AsyncSession, mailer: Mailer, *, sender: str, now: datetime) -> int:
    """Send what is due and delete it; put off what failed. Returns how many were looked at.

    Rows are locked while they are sent, so that two workers send each mail once.
    """
    if mailer.keeps_mail:
        await session.execute(delete(Mail).where(Mail.created_at < now - KEPT_IN_DEVELOPMENT))
        return 0
    due = await session.scalars(
        select(Mail)
        .where(Mail.due_at <= now, Mail.given_up_at.is_(None))
        .order_by(Mail.due_at)
        .limit(20)
        .with_for_update(skip_locked=True)
    )
    count = 0
    for mail in due:
        count += 1
        try:
            await mailer.send(_message(mail, sender))
        except (aiosmtplib.SMTPException, smtplib.SMTPException, OSError) as error:
            _put_off(mail, error, now)
        else:
            await session.delete(mail)
    return count


def _put_off(mail: Mail, error: Exception, now: datetime) -> None:
    mail.attempts += 1
    mail.last_error = type(error).__name__
    mail.due_at = now + timedelta(seconds=30 * 2**mail.attempts)
    if mail.attempts >= MAX_ATTEMPTS:
        mail.given_up_at = now
    log.warning("mail not sent", mail=str(mail.id), error=mail.last_error, attempts=mail.attempts)


def _message(mail: Mail, sender: str) -> EmailMessage:
    name, address = parseaddr(sender)
    message = EmailMessage()
    message["From"] = Address(display_name=name, addr_spec=address)
    message["To"] = mail.to
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(mail.created_at)
    message["Message-ID"] = make_msgid(str(mail.id), domain=address.rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.body)
    return message
