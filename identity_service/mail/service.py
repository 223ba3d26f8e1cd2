"""Writing mails into the transaction, and sending those that are due."""

import asyncio
import os
from datetime import datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid, parseaddr
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import unquote, urlsplit

import aiosmtplib
import structlog
from sqlalchemy import DateTime, FromClause, Insert, Text, Uuid, bindparam, delete, insert, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from identity_service.mail import letters
from identity_service.mail.models import Mail
from identity_service.settings import Settings
from identity_service.visit import Caller, Visit
from shared.kernel.ids import new_id

log = structlog.get_logger("mail")

MAX_ATTEMPTS = 8
SEND_WITHIN = 40.0
"""Seconds that a mail server has to take one mail; a transaction is open meanwhile."""
KEPT_IN_DEVELOPMENT = timedelta(days=1)
_TOLD: Final[dict[str, Any]] = {
    "mail_id": Uuid(),
    "mail_to": Text(),
    "mail_subject": Text(),
    "mail_body": Text(),
    "mail_html": Text(),
}
NONE: Final[dict[str, Any]] = dict.fromkeys(_TOLD)
"""The parameters of `one` where there is nothing to tell."""


class Mailer(Protocol):
    """How mail leaves the house."""

    async def send(self, message: EmailMessage) -> None:
        """Raises when the mail was not taken."""
        ...


class SmtpMailer:
    """Hands mail to a server: `smtps://` with TLS from the start, `smtp://` with STARTTLS, which is demanded.

    Neither is used with a server on this machine, nor where the address ends in `?starttls=no`.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise ValueError("SMTP_URL must look like smtp://user:password@host:587")
        self._host, self._tls = parts.hostname, parts.scheme == "smtps"
        self._port = parts.port or (465 if self._tls else 587)
        is_plain = parts.query == "starttls=no" or parts.hostname in ("localhost", "127.0.0.1", "::1")
        self._starttls = not (self._tls or is_plain)
        self._user, self._password = unquote(parts.username or ""), unquote(parts.password or "")

    async def send(self, message: EmailMessage) -> None:
        await aiosmtplib.send(
            message,
            hostname=self._host,
            port=self._port,
            username=self._user or None,
            password=self._password or None,
            use_tls=self._tls,
            start_tls=self._starttls,
            timeout=20,
        )


class Mailbox:
    """Sends nothing: mail stays in the table, where /dev/mail shows it in development, and is written to
    `folder` too if there is one: a file per mail, which mail programs open."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder

    async def send(self, message: EmailMessage) -> None:
        if self.folder is not None:
            await asyncio.to_thread(self._file, self.folder, message)

    def _file(self, folder: Path, message: EmailMessage) -> None:
        """Only this user may read it: mails hold one-time links."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        unique = str(message["Message-ID"]).strip("<>").partition("@")[0]
        file = os.open(folder / f"{unique}.eml", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(file, "wb") as opened:
            opened.write(message.as_bytes())


def mailer_of(settings: Settings) -> "SmtpMailer | Mailbox":
    url = settings.smtp_url.get_secret_value()
    return SmtpMailer(url) if url else Mailbox(Path(settings.mail_folder) if settings.mail_folder else None)


def write(visit: Visit, letter: str, *, to: str, locale: str | None = None, **values: Any) -> None:
    """Put the mail `texts/<language>/<letter>` into the transaction; `values` fill its text."""
    composed = letters.compose(letter, locale=locale, site=visit.settings.identity_name, **values)
    add(
        visit.session,
        to=to,
        subject=composed.subject,
        body=composed.plain,
        html=composed.html,
        now=visit.now,
    )


def entry(
    caller: Caller, letter: str, *, to: str, locale: str | None = None, **values: Any
) -> dict[str, Any]:
    """The parameters of `one`; as for `write`."""
    composed = letters.compose(letter, locale=locale, site=caller.settings.identity_name, **values)
    told = (new_id(), to, composed.subject, composed.plain, composed.html)
    return dict(zip(NONE, told, strict=True))


def one(rows: FromClause) -> Insert:
    """The mail of `entry`, or `NONE`, for each of `rows`, in a statement that does what the mail tells of;
    `now` is its parameter, too."""
    now = bindparam("now", type_=DateTime(timezone=True))
    told = [bindparam(name, type_=type_) for name, type_ in _TOLD.items()]
    row = select(*told, now, now, literal(0)).select_from(rows).where(told[1].is_not(None))
    columns = [*(name.removeprefix("mail_") for name in _TOLD), "created_at", "due_at", "attempts"]
    return insert(Mail).from_select(columns, row)


def add(
    session: AsyncSession, *, to: str, subject: str, body: str, now: datetime, html: str | None = None
) -> None:
    """Put a mail into the transaction, whatever it says."""
    mail = Mail(id=new_id(), to=to, subject=subject, body=body, html=html)
    mail.created_at = mail.due_at = now
    mail.attempts = 0
    session.add(mail)


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


async def file_next(session: AsyncSession, mailbox: Mailbox, *, sender: str, now: datetime) -> bool:
    """Write the oldest mail that is not yet in the mailbox's folder; False when there is none."""
    if mailbox.folder is None:
        return False
    mail = await session.scalar(
        select(Mail)
        .where(Mail.filed_at.is_(None))
        .order_by(Mail.created_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if mail is None:
        return False
    mail.filed_at = now
    try:
        await mailbox.send(_message(mail, sender))
    except Exception as error:
        log.warning("mail not filed", mail=str(mail.id), error=type(error).__name__)
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
    if mail.html is not None:
        message.add_alternative(mail.html, subtype="html")
    return message
