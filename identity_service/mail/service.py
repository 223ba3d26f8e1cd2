"""Writing mails into the transaction, and sending those that are due."""

import asyncio
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
SEND_WITHIN = 40.0
"""Seconds that a mail server has to take one mail; a transaction is open meanwhile."""
KEPT_IN_DEVELOPMENT = timedelta(days=1)


class Mailer(Protocol):
    """How mail leaves the house."""

    keeps_mail: bool
    """True when nothing is sent, so that the table is the mailbox."""

    async def send(self, message: EmailMessage) -> None:
        """Raises when the mail was not taken."""
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


async def send_next(session: AsyncSession, mailer: Mailer, *, sender: str, now: datetime) -> bool:
    """Send the mail that is due first and delete it, or put it off; False when none is due.

    The caller's transaction is about this mail alone. Its row is locked while it is sent, so that two workers
    send it once; when a worker dies over it, no other mail is sent twice. One that cannot even be written is
    put off like one that was not taken: it must not stop the others.
    """
    mail = await session.scalar(
        select(Mail)
        .where(Mail.due_at <= now, Mail.given_up_at.is_(None))
        .order_by(Mail.due_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if mail is None:
        return False
    try:
        async with asyncio.timeout(SEND_WITHIN):
            await mailer.send(_message(mail, sender))
    except Exception as error:
        _put_off(mail, error, now)
        log.warning("mail not sent", mail=str(mail.id), error=mail.last_error, attempts=mail.attempts)
    else:
        await session.delete(mail)
    return True


async def forget_kept(session: AsyncSession, now: datetime) -> None:
    """Delete what a `Mailbox` kept for long enough."""
    await session.execute(delete(Mail).where(Mail.created_at < now - KEPT_IN_DEVELOPMENT))


def _put_off(mail: Mail, error: Exception, now: datetime) -> None:
    mail.attempts += 1
    mail.last_error = type(error).__name__
    mail.due_at = now + timedelta(seconds=30 * 2**mail.attempts)
    if mail.attempts >= MAX_ATTEMPTS:
        mail.given_up_at = now


def _recipient(address: str) -> Address:
    """The very address, never parsed as a header. Raises for what is none."""
    if address.isascii():
        return Address(addr_spec=address)
    # `addr_spec` knows nothing of RFC 6531, by which the first half may have any letter.
    username, _, domain = address.rpartition("@")
    return Address(username=username, domain=domain)


def _message(mail: Mail, sender: str) -> EmailMessage:
    name, address = parseaddr(sender)
    message = EmailMessage()
    message["From"] = Address(display_name=name, addr_spec=address)
    message["To"] = _recipient(mail.to)
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(mail.created_at)
    message["Message-ID"] = make_msgid(str(mail.id), domain=address.rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.body)
    return message
