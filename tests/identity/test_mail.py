"""Mail: what it says, how it is kept and how it is sent."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from pathlib import Path
from typing import Any

import aiosmtplib
import pytest
from aiosmtpd.smtp import SMTP
from jinja2 import UndefinedError

from identity_service import worker
from identity_service.mail import letters
from identity_service.mail import service as mail
from identity_service.mail.service import Mailbox, SmtpMailer, mailer_of
from tests.identity.conftest import settings_for
from tests.identity.driver import House, link_in


class Collector:
    """Keeps what it is given; fails while told to."""

    def __init__(self) -> None:
        self.sent: list[EmailMessage] = []
        self.is_down = False

    async def send(self, message: EmailMessage) -> None:
        if self.is_down:
            raise OSError("no route")
        self.sent.append(message)


async def write_mail(house: House) -> None:
    async with house.services.database.transaction() as session:
        mail.add(session, to="ana@outside.example", subject="Grüße", body="Text ü\n", now=house.clock.now())


async def test_mail_is_sent_once_and_then_forgotten(house: House) -> None:
    collector = Collector()
    await write_mail(house)
    counts = await asyncio.gather(*(worker.send_mail(house.services, collector) for _ in range(3)))
    assert sum(counts) == 1
    assert [message["To"] for message in collector.sent] == ["ana@outside.example"]
    assert "Text ü" in collector.sent[0].get_content()
    assert not await house.fetch("select 1 from mails")


async def test_mail_that_cannot_be_sent_is_tried_again_and_given_up_at_last(house: House) -> None:
    collector = Collector()
    collector.is_down = True
    await write_mail(house)
    assert await worker.send_mail(house.services, collector) == 1
    assert await worker.send_mail(house.services, collector) == 0, "not before it is due again"
    house.clock.advance(timedelta(minutes=2))
    collector.is_down = False
    await worker.send_mail(house.services, collector)
    assert len(collector.sent) == 1

    collector.is_down = True
    await write_mail(house)
    for _ in range(mail.MAX_ATTEMPTS + 2):
        await worker.send_mail(house.services, collector)
        house.clock.advance(timedelta(hours=5))
    rows = await house.fetch("select attempts, given_up_at is not null as given_up from mails")
    assert rows == [{"attempts": mail.MAX_ATTEMPTS, "given_up": True}]


ENCODED = "=?utf-8?q?=0a?=@x.yy"
"""To a parser of headers (RFC 2047) this is a line break."""


FULL_WIDTH = ENCODED.replace("=?", "\N{FULLWIDTH EQUALS SIGN}\N{FULLWIDTH QUESTION MARK}")


@pytest.mark.parametrize("email", [ENCODED, FULL_WIDTH, "=?utf-8?q?ana?=@x.yy", "a@=?x?=.yy"])
async def test_an_encoded_word_is_no_address(house: House, email: str) -> None:
    browser = house.browser()
    assert (await browser.post("/sign-up", {"email": email})).status_code == 422
    reset = await browser.post("/reset-password", {"email": email, "realm": "customer"})
    assert reset.status_code == 422
    assert not await house.fetch("select 1 from mails")


async def write_to(house: House, *addresses: str) -> None:
    async with house.services.database.transaction() as session:
        for address in addresses:
            mail.add(session, to=address, subject="s", body="b", now=house.clock.now())


async def test_a_mail_that_cannot_be_written_stops_no_other(house: House) -> None:
    collector = Collector()
    await write_to(house, ENCODED, "no address", "ana@outside.example")
    await worker.send_mail(house.services, collector)
    assert [message["To"] for message in collector.sent] == ["ana@outside.example"]
    assert await house.fetch("select attempts from mails") == [{"attempts": 1}, {"attempts": 1}]


async def test_mail_goes_to_the_very_address_that_was_given(house: House) -> None:
    collector = Collector()
    given = ["a+b@x.example", "o'hara@x.example", "a=b?c@x.example", "jürgen@x.example"]
    await write_to(house, *given)
    await worker.send_mail(house.services, collector)
    assert [message["To"].addresses[0].addr_spec for message in collector.sent] == given


class Dying(Collector):
    """Its process ends while it is sending the second mail."""

    async def send(self, message: EmailMessage) -> None:
        if self.sent:
            raise asyncio.CancelledError
        await super().send(message)


async def test_a_worker_that_dies_has_no_other_mail_sent_twice(house: House) -> None:
    dying, collector = Dying(), Collector()
    await write_to(house, "one@x.example", "two@x.example")
    with pytest.raises(asyncio.CancelledError):
        await worker.send_mail(house.services, dying)
    await worker.send_mail(house.services, collector)
    sent = [message["To"] for message in (*dying.sent, *collector.sent)]
    assert sorted(sent) == ["one@x.example", "two@x.example"]


class Taker:
    """What a mail server took (aiosmtpd calls it by this name)."""

    def __init__(self) -> None:
        self.taken: list[Message] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.taken.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 fine"


@pytest.fixture
async def smtp() -> AsyncIterator[tuple[int, Taker]]:
    """A mail server without STARTTLS, on the loopback."""
    taker = Taker()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(taker, enable_SMTPUTF8=True), "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1], taker
    server.close()


async def test_mail_goes_out_by_smtp_as_text_and_as_html(house: House, smtp: tuple[int, Taker]) -> None:
    port, taker = smtp
    mailer = mailer_of(settings_for("postgresql://x", smtp_url=f"smtp://127.0.0.1:{port}"))
    assert isinstance(mailer, SmtpMailer)
    await house.browser().post("/reset-password", {"email": "ana@outside.example", "realm": "customer"})
    await worker.send_mail(house.services, mailer)
    message = taker.taken[0]
    assert isinstance(message, EmailMessage)
    assert (message["To"], message["Auto-Submitted"]) == ("ana@outside.example", "auto-generated")
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    links = {link_in(part.get_content().replace('"', " ")) for part in message.iter_parts()}
    assert len(links) == 1
    assert not await house.fetch("select 1 from mails")


async def test_mail_with_its_links_never_crosses_a_network_unencrypted(smtp: tuple[int, Taker]) -> None:
    port, taker = smtp
    message = EmailMessage()
    message["From"], message["To"] = "a@x.example", "b@x.example"
    far = SmtpMailer("smtp://mail.example")
    far._host, far._port = "127.0.0.1", port
    with pytest.raises(aiosmtplib.SMTPException, match="STARTTLS"):
        await far.send(message)
    assert not taker.taken
    near = SmtpMailer("smtp://mail.example?starttls=no")
    near._host, near._port = "127.0.0.1", port
    await near.send(message)
    assert taker.taken
    with pytest.raises(ValueError, match="SMTP_URL"):
        SmtpMailer("http://mail.example")


async def test_kept_mail_is_written_to_a_folder_that_only_its_owner_reads(
    house: House, tmp_path: Path
) -> None:
    folder = tmp_path / "mail"
    mailbox = mailer_of(settings_for("postgresql://x", mail_folder=str(folder)))
    await house.browser().post("/sign-up", {"email": "new@outside.example"})
    for _ in range(2):
        await worker.send_mail(house.services, mailbox)
    [file] = folder.iterdir()
    assert file.suffix == ".eml"
    assert (folder.stat().st_mode & 0o777, file.stat().st_mode & 0o777) == (0o700, 0o600)
    message = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert message["To"] == "new@outside.example"
    assert await house.fetch("select 1 from mails"), "the page shows it too"


async def test_the_mailbox_shows_html_that_can_do_nothing(house: House) -> None:
    await house.browser().post("/sign-up", {"email": "new@outside.example"})
    page = await house.browser().get("/dev/mail")
    [path] = set(re.findall(r"/dev/mail/[0-9a-f-]{36}", page.text))
    preview = await house.browser().get(path)
    assert "Confirm my address" in preview.text
    policy_of = preview.headers["content-security-policy"]
    assert policy_of.startswith("sandbox; default-src 'none'")
    assert "script-src" not in policy_of
    other = await house.browser().get(path[:-4] + ("0000" if path[-4:] != "0000" else "1111"))
    assert other.status_code == 404


VALUES = {
    name: f"<{name}>\r\nBcc: x"
    for name in (
        "site",
        "link",
        "new_email",
        "email",
        "day",
        "by",
        "organisation",
        "domain",
        "what",
        "browser",
        "left",
    )
}


@pytest.mark.parametrize("letter", sorted(path.stem for path in (letters.TEXTS / "en").glob("*.txt")))
def test_every_letter_is_whole_in_both_forms(letter: str) -> None:
    composed = letters.compose(letter, locale="en-GB", **VALUES)
    assert composed.subject
    assert "\n" not in composed.subject
    assert "{" not in composed.plain + composed.html
    assert "<link>" in composed.plain
    assert "<link>" not in composed.html, "what people typed is escaped"
    assert "&lt;link&gt;" in composed.html
    with pytest.raises(UndefinedError):
        letters.compose(letter)


def test_a_language_without_a_letter_gets_the_english_one() -> None:
    for locale in (None, "", "xx", "../../secrets", "de-AT"):
        assert letters.compose("sign_up", locale=locale, **VALUES).subject


async def test_without_a_mail_server_mail_is_kept_for_a_day(house: House) -> None:
    assert isinstance(mailer_of(house.services.settings), Mailbox)
    await write_mail(house)
    await worker.send_mail(house.services, Mailbox())
    page = await house.browser().get("/dev/mail")
    assert "Grüße" in page.text
    house.clock.advance(timedelta(days=1, seconds=1))
    await worker.send_mail(house.services, Mailbox())
    assert not await house.fetch("select 1 from mails")
