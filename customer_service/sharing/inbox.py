"""Applying what came inward over the bridge: once, in the order of arrival, each in its transaction."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from customer_service.sharing.models import (
    Consumer,
    InboxMessage,
    OfficialPost,
    OfficialVoice,
    Sharing,
    ThreadRef,
)
from shared.db.context import Context
from shared.db.failures import is_lost
from shared.db.query import writer_of
from shared.kernel.actor import ANYONE, MEMBERS, Actor
from shared.kernel.clock import Clock
from shared.kernel.errors import Problem
from shared.kernel.ids import new_id
from shared.kernel.paging import CursorCodec
from shared.tools.people.models import Person
from shared.tools.spaces.groups import MANAGERS
from shared.tools.topics.catalog import Catalog
from shared.tools.topics.schemas import PostCreate
from shared.tools.topics.service import TopicService

log = structlog.get_logger("inbox")

APPLIED: Final = "applied"
FAILED: Final = "failed"
"""A bug of ours, or a payload that no release of ours could have written."""
MAX_ATTEMPTS: Final = 10
"""Together a little more than half an hour."""
NO_TOPIC: Final = "no such topic any more"


async def apply_next(session: AsyncSession, clock: Clock, catalog: Catalog) -> bool:
    """Applies the oldest message that waits; False when none does.

    A message that cannot be applied is settled with the reason, so that it holds nobody up. One over which we
    fail comes again later, each time twice as late, and is settled as failed in the end.
    """
    message = await session.scalar(
        select(InboxMessage)
        .where(InboxMessage.applied_at.is_(None))
        .where(or_(InboxMessage.due_at.is_(None), InboxMessage.due_at <= clock.now()))
        .order_by(InboxMessage.arrived_at, InboxMessage.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if message is None:
        return False
    try:
        async with session.begin_nested():
            outcome = await _apply(session, clock, catalog, message)
    except Problem as problem:
        outcome = problem.code
    except Exception as error:
        if is_lost(error):
            raise
        log.error("message not applied", message=str(message.id), exc_info=error)
        _put_off(message, clock.now())
        await session.flush()
        return True
    message.applied_at, message.outcome = clock.now(), outcome
    await session.flush()
    return True


def _put_off(message: InboxMessage, now: datetime) -> None:
    message.attempts += 1
    message.due_at = now + timedelta(seconds=2**message.attempts)
    if message.attempts >= MAX_ATTEMPTS:
        message.applied_at, message.outcome = now, FAILED


async def _apply(session: AsyncSession, clock: Clock, catalog: Catalog, message: InboxMessage) -> str:
    if message.message == "reply":
        return await _post(session, clock, catalog, message)
    return await _purged(session, message)


async def _purged(session: AsyncSession, message: InboxMessage) -> str:
    position = int(message.payload["position"])
    await session.execute(
        update(Consumer)
        .where(Consumer.id == message.consumer_id)
        .values(acknowledged=func.greatest(Consumer.acknowledged, position))
    )
    return APPLIED


async def _post(session: AsyncSession, clock: Clock, catalog: Catalog, message: InboxMessage) -> str:
    """Puts an official answer into the topic, with its badge, in the name that was chosen for it."""
    topic_id = await session.scalar(
        select(Sharing.topic_id)
        .join(ThreadRef, ThreadRef.sharing_id == Sharing.id)
        .where(ThreadRef.ref == message.thread_ref, ThreadRef.consumer_id == message.consumer_id)
    )
    if topic_id is None:
        return NO_TOPIC
    now, public_name = clock.now(), str(message.payload["public_name"])
    voice = Actor(
        person_id=await _voice(session, public_name, now),
        name=public_name,
        groups=(ANYONE, MEMBERS, MANAGERS),
    )
    context = Context(voice, writer_of(session), clock, CursorCodec("inbox"), session=session)
    reply = PostCreate(body=str(message.payload["body"]))
    post = await TopicService(context, catalog).reply(topic_id, reply)
    await session.execute(
        insert(OfficialPost).values(
            post_id=post.id, message_id=message.id, public_name=public_name, posted_at=now
        )
    )
    return APPLIED


async def _voice(session: AsyncSession, public_name: str, now: datetime) -> UUID:
    """The person who stands for the company under this name; made at its first use.

    No account is behind it, so nobody can sign in as it or be merged into it.
    """
    known = select(OfficialVoice.person_id).where(OfficialVoice.public_name == public_name)
    person_id = await session.scalar(known)
    if person_id is not None:
        return person_id
    person_id = new_id()
    await session.execute(
        insert(Person).values(id=person_id, name=public_name, synthetic=True, created_at=now, updated_at=now)
    )
    made: UUID | None = await session.scalar(
        upsert(OfficialVoice)
        .values(public_name=public_name, person_id=person_id)
        .on_conflict_do_update(index_elements=[OfficialVoice.public_name], set_={"public_name": public_name})
        .returning(OfficialVoice.person_id)
    )
    assert made is not None
    return made


async def count_reads(session: AsyncSession, refs: Sequence[str], now: datetime) -> None:
    """Notes that these threads were read over the bridge, for their disclosure."""
    for ref in refs:
        await session.execute(
            update(ThreadRef)
            .where(ThreadRef.ref == ref)
            .values(read_count=ThreadRef.read_count + 1, last_read_at=now)
        )
