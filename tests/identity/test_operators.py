"""The console: demonstration content and the first administrator; the worker: mail and tidying."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage, Message

import pytest

from identity_service import operators, worker
from identity_service.mail import service as mail
from identity_service.mail.service import Mailbox, SmtpMailer, mailer_of
from shared.kernel.clock import SystemClock
from shared.oidc import RelyingParty
from tests.fixtures.databases import World
from tests.identity.conftest import settings_for
from tests.identity.driver import EMPLOYEE, ISSUER, House, authorize_url, callback, signed_in

MAJA = "maja@inside.example"
DEMO = [
    {
        "realm": "customer",
        "email": "Priya@fieldworks.example",
        "name": "Priya Nair",
        "title": "partner",
        "password": "demo password 1",
        "roles": [],
        "organisation": {"name": "Fieldworks", "partner": True},
    },
    {
        "realm": "staff",
        "email": "tomas@narrowbridge.example",
        "name": "Tomas Berg",
        "title": "customer-facing employee",
        "password": "demo password 2",
        "roles": ["customer_facing"],
        "organisation": None,
    },
]


async def test_the_demonstration_is_made_once(world: World) -> None:
    settings = settings_for((await world.database("identity")).app)
    first = await operators.load_demo(settings, DEMO)
    second = await operators.load_demo(settings, {"accounts": DEMO, "client": {"secret": "s" * 40}})

    assert first == second
    assert [person["email"] for person in first] == ["Priya@fieldworks.example", "tomas@narrowbridge.example"]
    assert all(person["sub"] and "password" not in person for person in first)
    assert first[0]["title"] == "partner"


async def test_the_first_administrator_gets_a_link(house: House) -> None:
    settings = house.services.settings
    link = await operators.make_admin(settings, email="Root@inside.example", name="Root")
    path, _, token = link.removeprefix(ISSUER).partition("?token=")
    browser = house.browser()
    house.clock.at = SystemClock().now()
    page = await browser.get(path, params={"token": token})
    assert "Root@inside.example" in page.text
    done = await browser.post(path, {"token": token, "password": "four random words 9"})
    assert done.status_code == 200
    answer = await browser.sign_in("root@inside.example", realm="staff", password="four random words 9")
    assert answer.status_code == 303
    rows = await house.fetch("select roles from accounts where email_key = 'root@inside.example'")
    assert rows[0]["roles"] == ["admin", "community_manager"]


async def test_an_account_that_is_there_becomes_administrator(house: House, employee: RelyingParty) -> None:
    await operators.make_admin(house.services.settings, email="ines@inside.example", name="")
    rows = await house.fetch("select name, roles from accounts where email_key = 'ines@inside.example'")
    assert rows == [{"name": "Ines", "roles": ["admin", "community_manager"]}]


class Collector:
    """Keeps what it is given; fails while told to."""

    keeps_mail = False

    def __init__(self) -> None:
        self.sent: list[EmailMessage] = []
        self.is_down = False

    async def send(self, message: EmailMessage) -> None:
        if self.is_down:
            raise OSError("no route")
        self.sent.append(message)


async def write_mail(house: House) -> None:
    async with house.services.database.transaction() as session:
        mail.write(session, to="ana@outside.example", subject="Grüße", body="Text ü\n", now=house.clock.now())


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
            mail.write(session, to=address, subject="s", body="b", now=house.clock.now())


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


@pytest.fixture
async def smtp() -> AsyncIterator[tuple[int, list[Message]]]:
    """A mail server of a few lines (RFC 5321), and what it took."""
    taken: list[Message] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 here\r\n")
        while line := await reader.readline():
            verb = line.split()[0].upper()
            if verb == b"DATA":
                writer.write(b"354 go on\r\n")
                taken.append(message_from_bytes(await reader.readuntil(b"\r\n.\r\n")))
            writer.write(b"221 bye\r\n" if verb == b"QUIT" else b"250 fine\r\n")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1], taken
    server.close()


async def test_mail_goes_out_by_smtp(house: House, smtp: tuple[int, list[Message]]) -> None:
    port, taken = smtp
    mailer = mailer_of(settings_for("postgresql://x", smtp_url=f"smtp://127.0.0.1:{port}"))
    assert isinstance(mailer, SmtpMailer)
    await write_mail(house)
    await worker.send_mail(house.services, mailer)
    assert taken[0]["To"] == "ana@outside.example"
    assert taken[0]["Auto-Submitted"] == "auto-generated"
    with pytest.raises(ValueError, match="SMTP_URL"):
        SmtpMailer("http://mail.example")


async def test_without_a_mail_server_mail_is_kept_for_a_day(house: House) -> None:
    assert isinstance(mailer_of(house.services.settings), Mailbox)
    await write_mail(house)
    await worker.send_mail(house.services, Mailbox())
    page = await house.browser().get("/dev/mail")
    assert "Grüße" in page.text
    house.clock.advance(timedelta(days=1, seconds=1))
    await worker.send_mail(house.services, Mailbox())
    assert not await house.fetch("select 1 from mails")


async def test_what_has_ended_is_deleted_and_what_lives_stays(house: House, employee: RelyingParty) -> None:
    browser = house.browser()
    await signed_in(house, employee, MAJA, realm="staff", resource=EMPLOYEE, browser=browser)
    await house.browser().get(authorize_url())
    await house.browser().post("/reset-password", {"email": MAJA, "realm": "staff"})
    await worker.tidy(house.services)
    assert "code" in callback(await browser.get(authorize_url()))
    assert await house.fetch("select 1 from email_proofs")

    house.clock.advance(timedelta(days=2))
    await worker.tidy(house.services)
    for table in (
        "pending_requests",
        "authorization_codes",
        "grants",
        "refresh_tokens",
        "sessions",
        "limit_counters",
        "email_proofs",
    ):
        assert not await house.fetch(f"select 1 from {table}"), table
