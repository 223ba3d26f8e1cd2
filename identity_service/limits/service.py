"""Counting attempts in PostgreSQL, so that limits hold for all processes and parallel guesses together."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from identity_service.limits import queries
from identity_service.limits.models import LimitCounter
from identity_service.sealing import hashed
from shared.db.engine import Database
from shared.kernel.clock import Clock
from shared.kernel.errors import TooManyRequests


class TooManyAttempts(TooManyRequests):
    code = "sign_in.too_many_attempts"
    title = "Too many attempts. Wait a few minutes, then try again"


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `count` attempts under one key within `window`. Windows are short: nobody who guesses at
    another's account can lock its owner out for longer."""

    name: str
    count: int
    window: timedelta

    def key(self, *parts: str) -> "Key":
        return Key(self, hashed("\0".join((self.name, *parts))))


@dataclass(frozen=True, slots=True)
class Key:
    limit: Limit
    hash: str


PASSWORD_HERE = Limit("password of an account from an address", 10, timedelta(minutes=5))
PASSWORD_ACCOUNT = Limit("password of an account", 50, timedelta(minutes=5))
PASSWORD_DEVICE = Limit("password of an account in a browser that knows it", 10, timedelta(minutes=5))
CODE_DEVICE = Limit("codes of an account in a browser that knows it", 10, timedelta(minutes=5))
CODE_ACCOUNT = Limit("codes of an account", 10, timedelta(minutes=5))
CODE_ACCOUNT_HOUR = Limit("codes of an account in an hour", 30, timedelta(hours=1))
CODE_WARNING = Limit("warnings that a password is known", 1, timedelta(days=1))
PASSKEY_QUESTION_ADDRESS = Limit("questions for passkeys from an address", 120, timedelta(minutes=5))
PASSWORD_ADDRESS = Limit("passwords from an address", 100, timedelta(minutes=5))
MAIL_ADDRESS = Limit("mails asked for from an address", 30, timedelta(hours=1))
MAIL_MAILBOX = Limit("mails to a mailbox", 5, timedelta(hours=1))
AUTHORIZE_ADDRESS = Limit("requests that wait for a sign-in from an address", 300, timedelta(minutes=5))
PICTURES = Limit("pictures of an account", 20, timedelta(hours=1))
EXPORTS = Limit("exports of an account", 5, timedelta(hours=1))
INVITATIONS = Limit("invitations of an account", 50, timedelta(hours=1))
PROOF_ADDRESS = Limit("one-time links tried from an address", 60, timedelta(minutes=5))
PASSKEY_ADDRESS = Limit("passkeys tried from an address", 60, timedelta(minutes=5))
REGISTER_ADDRESS = Limit("clients registered from an address", 60, timedelta(minutes=5))
DEVICE_ADDRESS = Limit("devices that want to be signed in from an address", 60, timedelta(minutes=5))
UPSTREAM_ADDRESS = Limit("sign-ins by way of a provider from an address", 300, timedelta(minutes=5))
USER_CODE_ADDRESS = Limit("device codes typed from an address", 20, timedelta(minutes=5))


class Limiter:
    """Counts before the attempt is made, in a statement of its own: a refused or failed attempt counts
    too, and parallel ones do not wait for each other's argon2."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def take(self, *keys: Key) -> None:
        """Count one attempt under each key. Raises TooManyAttempts when one of them is used up."""
        now, limits = self._clock.now(), {key.hash: key.limit for key in keys}
        ordered = sorted(limits)  # so that no two wait for each other
        ends = [now + limits[key].window for key in ordered]
        rows = await self._database.writer.run(queries.COUNT, keys=ordered, ends=ends, now=now)
        over = [row["ends_at"] for row in rows if row["count"] > limits[row["key_hash"]].count]
        if over:
            seconds = max(1, int((max(over) - now).total_seconds()))
            raise TooManyAttempts(data={"retry_after": seconds})


async def prune(session: AsyncSession, now: datetime) -> None:
    await session.execute(delete(LimitCounter).where(LimitCounter.ends_at < now))
