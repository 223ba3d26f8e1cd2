"""What comes inward: official answers and confirmations of purges, taken once by their key."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from secrets import token_hex
from typing import Any, TypeVar
from uuid import uuid4

from pydantic import ValidationError
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from customer_service.bridge import scrub, views
from customer_service.bridge.callers import Caller
from customer_service.bridge.errors import BadMessage, KeyRequired, KeyReused, ReplyReveals
from customer_service.bridge.gate import Answer
from customer_service.bridge.reading import Reading
from customer_service.bridge.settings import Settings
from customer_service.sharing.logs import INBOX_CHANNEL
from customer_service.sharing.models import InboxMessage
from shared.bridge.messages import Message, Purge, PurgeReceipt, Reply, ReplyPreview, ReplyReceipt
from shared.kernel import chain
from shared.kernel.errors import FieldError
from shared.web import markdown

BADGE = "Official answer"
MAX_KEY = 200
Body = TypeVar("Body", bound=Message)


def read_message(model: type[Body], raw: bytes) -> tuple[Body, chain.JsonValue]:
    """The message in a request's body, and the JSON values its digest covers. Raises `BadMessage`."""
    try:
        carried = chain.parse(raw)
    except (ValueError, RecursionError):
        raise BadMessage("The body is no JSON.") from None
    try:
        return model.model_validate(carried), carried
    except ValidationError as error:
        fields = tuple(
            FieldError("/" + "/".join(map(str, fault["loc"])), f"request.{fault['type']}", fault["msg"])
            for fault in error.errors(include_input=False, include_url=False)
        )
        raise BadMessage(fields=fields) from None


@dataclass(frozen=True, slots=True)
class Draft:
    """An official answer as it came, what a customer would see of it, and what must not stand in it."""

    reply: Reply
    carried: chain.JsonValue
    html: str
    found: tuple[FieldError, ...]

    def refuse_revealing(self) -> None:
        if self.found:
            raise ReplyReveals(fields=self.found)


def _draft(raw: bytes, internal_endings: tuple[str, ...], staff_name: str | None) -> Draft:
    reply, carried = read_message(Reply, raw)
    html = markdown.render(reply.body)
    if not markdown.shows_something(html):
        blank = FieldError("/body", "bridge.blank", "A reader would see nothing of it.")
        raise BadMessage(fields=(blank,))
    found = scrub.findings(reply, html, internal_endings=internal_endings, staff_name=staff_name)
    return Draft(reply, carried, html, tuple(found))


@dataclass(frozen=True, slots=True)
class Inbound:
    """One write as it came: by whom, under which crossing, when."""

    session: AsyncSession
    caller: Caller
    reading: Reading
    crossing_id: str
    at: datetime

    async def reply(self, ref: str, key: str | None, raw: bytes, settings: Settings) -> Answer:
        """Takes an official answer. The same key and body again give the first receipt.

        Raises `KeyRequired`, `KeyReused`, `BadMessage`, `NotShared`, `ReplyReveals`.
        """
        if not key or len(key) > MAX_KEY or not (key.isascii() and key.isprintable()):
            raise KeyRequired
        draft = await self._draft(raw, settings)
        digest = chain.digest(draft.carried)
        if earlier := await self._earlier(ref, key, digest):
            return earlier
        row = await self.reading.shared_row(ref)
        draft.refuse_revealing()
        receipt = ReplyReceipt(ref=token_hex(16), thread_ref=ref, state="accepted")
        taken = await self._take(
            "reply", key=key, ref=receipt.ref, thread_ref=ref, digest=digest, payload=draft.reply.plain()
        )
        if not taken and (earlier := await self._earlier(ref, key, digest)):
            return earlier
        return Answer(
            receipt,
            (ref,),
            row["purpose"],
            status=202,
            direction="inward",
            carried_name=Reply.message_name,
            carried=draft.carried,  # type: ignore[arg-type]  # a Reply was read from it: it is an object
            headers={"Location": f"/bridge/v1/threads/{ref}"},
        )

    async def preview(self, ref: str, raw: bytes, settings: Settings) -> Answer:
        """What the customer would see. The text is not kept. Raises as `reply`."""
        draft = await self._draft(raw, settings)
        row = await self.reading.shared_row(ref)
        draft.refuse_revealing()
        shown = ReplyPreview(html=draft.html, name=draft.reply.public_name, badge=BADGE)
        return Answer(shown, (ref,), row["purpose"])

    async def purge(self, raw: bytes) -> Answer:
        """Notes that the caller deleted what was withdrawn up to a position. Raises `BadCursor`."""
        purge, carried = read_message(Purge, raw)
        position = self.reading.position(purge.cursor)
        receipt = PurgeReceipt(position=position, purged=await self.reading.withdrawals(position))
        await self._take(
            "purge",
            key=self.crossing_id,
            ref=token_hex(16),
            thread_ref=None,
            digest=chain.digest(carried),
            payload={"position": position},
        )
        return Answer(
            receipt,
            direction="inward",
            carried_name=Purge.message_name,
            carried=carried,  # type: ignore[arg-type]  # a Purge was read from it: it is an object
        )

    async def _draft(self, raw: bytes, settings: Settings) -> Draft:
        """Read, rendered and looked through once, beside the event loop. Raises `BadMessage`."""
        name = self.caller.claims.name
        return await asyncio.to_thread(_draft, raw, settings.internal_endings, name)

    async def _earlier(self, ref: str, key: str, digest: str) -> Answer | None:
        """The receipt that this key was given before. Raises `KeyReused` when it came with another body."""
        given = {"consumer": self.caller.consumer, "key": key}
        row = (await self.session.execute(views.receipt(), given)).mappings().one_or_none()
        if row is None:
            return None
        if (row["thread_ref"], row["digest"]) != (ref, digest):
            raise KeyReused
        return Answer(
            ReplyReceipt(ref=row["ref"], thread_ref=ref, state="accepted"),
            status=202,
            headers={"Idempotency-Replayed": "true", "Location": f"/bridge/v1/threads/{ref}"},
            crossing_id=row["crossing_id"],
        )

    async def _take(self, message: str, **values: Any) -> bool:
        """Puts a message into the inbox; False when another one came first under the same key."""
        taken = await self.session.execute(
            insert(InboxMessage.__table__)  # type: ignore[arg-type]  # declared as FromClause, is a Table
            .values(
                id=uuid4(),
                consumer_id=self.caller.consumer,
                message=message,
                subject=self.caller.subject,
                crossing_id=self.crossing_id,
                arrived_at=self.at,
                **values,
            )
            .on_conflict_do_nothing()
            .inline()
        )
        await self.session.execute(select(func.pg_notify(INBOX_CHANNEL, "")))
        return bool(taken.rowcount)  # type: ignore[attr-defined]  # an INSERT gives a CursorResult
