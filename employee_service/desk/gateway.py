"""Everything the desk says to the bridge. Each call goes over the network and can take seconds and fail;
whatever crossed is written into this side's ledger, in a transaction of its own, before it is used."""

import hashlib
import json
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

from joserfc.jwk import ECKey
from sqlalchemy.ext.asyncio import AsyncSession

from employee_service.desk import ledger
from shared.bridge.client import BridgeClient, Crossing
from shared.bridge.errors import BridgeRefused
from shared.bridge.messages import (
    ChangePage,
    LedgerPage,
    Message,
    Purge,
    PurgeReceipt,
    Reply,
    ReplyPreview,
    ReplyReceipt,
    Thread,
    ThreadList,
)
from shared.db.engine import Database
from shared.kernel.clock import Clock
from shared.oidc.client import RelyingParty

Body = TypeVar("Body", bound=Message)

READ: Final = "bridge:read bridge:reply"
REPLY: Final = "bridge:reply"
OWN: Final = "bridge:changes bridge:ledger"
KEPT_SECONDS: Final = 60
"""How long an exchanged token is used again, so that a role that was taken away ends within a minute."""
MOST_KEPT: Final = 500


class BridgeGateway:
    """`audience` is the bridge's public URL. `signing_key` vouches for authors who are not here any more."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        relying_party: RelyingParty,
        client: BridgeClient,
        *,
        audience: str,
        signing_key: ECKey,
    ) -> None:
        self._database = database
        self._clock = clock
        self._relying_party = relying_party
        self._client = client
        self._audience = audience
        self._signing_key = signing_key
        self._kept: dict[bytes, tuple[float, str]] = {}

    async def threads(
        self, subject_token: str, subject: str, *, cursor: str | None, filters: dict[str, str]
    ) -> ThreadList:
        """What is shared with the person whose access token is given."""
        token = await self._exchanged(subject_token)
        return await self._crossed(
            lambda: self._client.threads(token, cursor=cursor, filters=filters), subject
        )

    async def thread(self, subject_token: str, subject: str, ref: str) -> Thread:
        token = await self._exchanged(subject_token)
        return await self._crossed(lambda: self._client.thread(token, ref), subject)

    async def preview(self, subject_token: str, subject: str, ref: str, reply: Reply) -> ReplyPreview:
        token = await self._exchanged(subject_token)
        return await self._crossed(lambda: self._client.preview(token, ref, reply), subject, ref)

    async def changes(self, cursor: str | None, *, wait: int) -> Crossing[ChangePage]:
        """Not written down here: the follower does it together with what it makes of the changes."""
        return await self._client.changes(await self._own(), cursor, wait=wait)

    async def acknowledge(self, cursor: str) -> Crossing[PurgeReceipt]:
        """Not written down here, as `changes`."""
        return await self._client.acknowledge(await self._own(), Purge(cursor=cursor))

    async def reply(self, author_sub: str, ref: str, reply: Reply, *, key: str) -> Crossing[ReplyReceipt]:
        """On behalf of an author who may be gone: identity checks again. Not written down here, as
        `changes`."""
        tokens = await self._relying_party.exchange_for_author(
            author_sub, audience=self._audience, scope=REPLY, signing_key=self._signing_key
        )
        return await self._client.reply(tokens.access_token, ref, reply, key=key)

    async def ledger(self, cursor: str | None) -> LedgerPage:
        return await self._client.ledger(await self._own(), cursor=cursor)

    async def close(self) -> None:
        await self._client.close()

    async def _crossed(
        self, call: Callable[[], Awaitable[Crossing[Body]]], subject: str, ref: str | None = None
    ) -> Body:
        try:
            crossing = await call()
        except BridgeRefused as refused:
            await self.book_apart(refused, subject)
            raise
        async with self._database.apart() as session:
            await ledger.book(session, crossing, at=self._clock.now(), subject=subject, ref=ref)
        return crossing.body

    async def book(self, session: AsyncSession, crossing: Crossing[Any], **about: Any) -> None:
        """Writes a crossing down in the caller's transaction."""
        await ledger.book(session, crossing, at=self._clock.now(), **about)

    async def book_refusal(self, session: AsyncSession, refused: BridgeRefused, subject: str | None) -> None:
        await ledger.book_refusal(session, refused, at=self._clock.now(), subject=subject)

    async def book_apart(self, refused: BridgeRefused, subject: str | None) -> None:
        """Writes a refusal down whatever becomes of the caller's transaction."""
        async with self._database.apart() as session:
            await ledger.book_refusal(session, refused, at=self._clock.now(), subject=subject)

    async def _own(self) -> str:
        tokens = await self._relying_party.client_credentials(resource=self._audience, scope=OWN)
        return tokens.access_token

    async def _exchanged(self, subject_token: str) -> str:
        """A token with which this service acts for the person (RFC 8693), kept for a minute at most."""
        key, now = hashlib.sha256(subject_token.encode()).digest(), self._clock.now().timestamp()
        until, token = self._kept.get(key, (0.0, ""))
        if now < until:
            return token
        got = await self._relying_party.token_exchange(subject_token, audience=self._audience, scope=READ)
        if len(self._kept) >= MOST_KEPT:
            self._kept.clear()
        self._kept[key] = (min(now + KEPT_SECONDS, got.expires_at - 10), got.access_token)
        return got.access_token


def signing_key(text: str) -> ECKey:
    """The private key in EMPLOYEE_SIGNING_KEY. Raises ValueError when it is none."""
    key = ECKey.import_key(json.loads(text))
    if not key.is_private or key.curve_name != "P-256":
        raise ValueError("EMPLOYEE_SIGNING_KEY must be a private EC key on P-256, as JWK")
    return key
