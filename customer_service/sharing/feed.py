"""Telling consumers what happened to what is shared with them, and giving things their random names.

Everything here runs inside the caller's transaction: a sharing, its names and its changes are made together.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from customer_service.sharing import queries
from customer_service.sharing.logs import CHANGES
from customer_service.sharing.models import Consumer, Pseudonym, Sharing, ThreadRef
from customer_service.sharing.names import PURGE_WITHIN, random_name
from shared.db.sequencer import append
from shared.kernel.ids import new_id
from shared.tools.topics.models import Topic

_CONSUMERS: Final = 0x62726964
"""Advisory lock: held alone while a consumer is admitted or removed, shared while a sharing is told, so that
neither misses the other."""


async def mint(session: AsyncSession, sharing: Sharing, author_id: UUID) -> None:
    """A ref of the sharing and a pseudonym of the author for each consumer the sharing is for."""
    await session.execute(select(func.pg_advisory_xact_lock_shared(_CONSUMERS)))
    wanted = {"purpose": sharing.purpose, "audience": sharing.audience}
    for consumer_id in (await session.scalars(queries.RECIPIENTS, wanted)).all():
        await _mint_for(session, consumer_id, sharing.id, author_id)


async def _mint_for(session: AsyncSession, consumer_id: UUID, sharing_id: UUID, author_id: UUID) -> None:
    await session.execute(
        upsert(ThreadRef)
        .values(ref=random_name(), sharing_id=sharing_id, consumer_id=consumer_id)
        .on_conflict_do_nothing()
    )
    await session.execute(
        upsert(Pseudonym)
        .values(consumer_id=consumer_id, person_id=author_id, pseudonym=random_name())
        .on_conflict_do_nothing()
    )


async def tell(session: AsyncSession, sharing_id: UUID, change: str, *, version: int, now: datetime) -> None:
    """A change of this kind to every consumer of the sharing. A withdrawal says until when to purge."""
    purge_by = now + PURGE_WITHIN if change == "withdrawn" else None
    for consumer_id, ref in (await session.execute(queries.REFS_OF, {"sharing_id": sharing_id})).all():
        await append(
            session,
            CHANGES,
            consumer_id=consumer_id,
            sharing_id=sharing_id,
            ref=ref,
            type=change,
            version=version,
            at=now,
            purge_by=purge_by,
        )


async def end(
    session: AsyncSession,
    sharing_id: UUID,
    *,
    why: str,
    version: int,
    now: datetime,
    by: UUID | None = None,
) -> None:
    """Ends a sharing, if it is still live, with a tombstone to every consumer."""
    ended = await session.scalar(
        update(Sharing)
        .where(Sharing.id == sharing_id, Sharing.withdrawn_at.is_(None))
        .values(withdrawn_at=now, withdrawn_by=by, withdrawn_why=why)
        .returning(Sharing.id)
    )
    if ended is not None:
        await tell(session, sharing_id, "withdrawn", version=version, now=now)


async def register(
    session: AsyncSession,
    *,
    client_id: str,
    name: str,
    audiences: list[str],
    purposes: list[str],
    now: datetime,
) -> bool:
    """Admits a program to the bridge; False, and nothing changed, when it is admitted already. What is shared
    already, and meant for it, is told it as new."""
    await session.execute(select(func.pg_advisory_xact_lock(_CONSUMERS)))
    admitted = {"name": name, "audiences": audiences, "purposes": purposes, "registered_at": now}
    consumer_id = await session.scalar(
        upsert(Consumer)
        .values(id=new_id(), client_id=client_id, **admitted)
        .on_conflict_do_update(
            index_elements=[Consumer.client_id],
            set_=admitted,
            where=func.cardinality(Consumer.purposes) == 0,
        )
        .returning(Consumer.id)
    )
    if consumer_id is None:
        return False
    live = (
        select(Sharing.id, Topic.author_id, Topic.version)
        .join(Topic, Topic.id == Sharing.topic_id)
        .where(
            Sharing.withdrawn_at.is_(None),
            Sharing.purpose.in_(purposes),
            Sharing.audience.in_(audiences),
            Topic.deleted_at.is_(None),
        )
    )
    for sharing_id, author_id, version in (await session.execute(live)).all():
        await _mint_for(session, consumer_id, sharing_id, author_id)
        await tell_one(session, consumer_id, sharing_id, "shared", version=version, now=now)
    return True


async def remove(session: AsyncSession, client_id: str, *, now: datetime) -> bool:
    """Takes back what a program was admitted for; False when it was admitted for nothing.

    All that was shared with it is withdrawn. It stays known, so that it can follow the withdrawals and
    confirm that it deleted, and so that the ledger can name it; `register` admits it again.
    """
    await session.execute(select(func.pg_advisory_xact_lock(_CONSUMERS)))
    consumer_id = await session.scalar(
        update(Consumer)
        .where(Consumer.client_id == client_id, func.cardinality(Consumer.purposes) > 0)
        .values(purposes=[], audiences=[])
        .returning(Consumer.id)
    )
    if consumer_id is None:
        return False
    live = (
        select(Sharing.id, Topic.version)
        .join(ThreadRef, ThreadRef.sharing_id == Sharing.id)
        .join(Topic, Topic.id == Sharing.topic_id)
        .where(ThreadRef.consumer_id == consumer_id, Sharing.withdrawn_at.is_(None))
    )
    for sharing_id, version in (await session.execute(live)).all():
        await tell_one(session, consumer_id, sharing_id, "withdrawn", version=version, now=now)
    return True


async def tell_one(
    session: AsyncSession, consumer_id: UUID, sharing_id: UUID, change: str, *, version: int, now: datetime
) -> None:
    """A change to one consumer alone. A withdrawal says until when to purge."""
    ref = await session.scalar(
        select(ThreadRef.ref).where(ThreadRef.sharing_id == sharing_id, ThreadRef.consumer_id == consumer_id)
    )
    await append(
        session,
        CHANGES,
        consumer_id=consumer_id,
        sharing_id=sharing_id,
        ref=ref,
        type=change,
        version=version,
        at=now,
        purge_by=now + PURGE_WITHIN if change == "withdrawn" else None,
    )
