"""Sharings, the random names that stand for topics and people, and what the bridge writes and reads.

The tables of the schema `bridge_in` are the only ones into which the bridge's role may insert; the views of
`bridge_out` (`customer_service/sharing/views.py`) are all that it may read.
"""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, PrimaryKeyConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from customer_service.base import CustomerBase
from shared.tools.people.models import Person
from shared.tools.spaces.models import Space
from shared.tools.topics.models import Post, Topic

IN: Final = "bridge_in"
OUT: Final = "bridge_out"


class Consumer(CustomerBase):
    """A program that may call the bridge. `acknowledged` is the position up to which it purged. Without
    purposes it was removed: it may only follow the withdrawals and confirm them."""

    __tablename__ = "bridge_consumers"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    client_id: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    audiences: Mapped[list[str]]
    purposes: Mapped[list[str]]
    acknowledged: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    registered_at: Mapped[datetime]


class BridgeClosing(CustomerBase):
    """A row here closes the bridge (the manager's switch); it opens again when the row is gone."""

    __tablename__ = "bridge_closings"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    closed_by: Mapped[UUID] = mapped_column(ForeignKey(Person.id))
    closed_at: Mapped[datetime]


class SharingSpace(CustomerBase):
    """A space from which topics may be shared. No row: nothing can be shared from it."""

    __tablename__ = "sharing_spaces"

    space_id: Mapped[UUID] = mapped_column(ForeignKey(Space.id, ondelete="CASCADE"), primary_key=True)
    allowed_by: Mapped[UUID | None] = mapped_column(ForeignKey(Person.id))
    allowed_at: Mapped[datetime]


class Sharing(CustomerBase):
    """One topic, shared once. It is live until it is withdrawn, `until` is past, or the topic is deleted.

    `version` and `votes` are those of the topic that the feed told last, at `told_at`.
    """

    __tablename__ = "sharings"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    topic_id: Mapped[UUID] = mapped_column(ForeignKey(Topic.id))
    purpose: Mapped[str]
    audience: Mapped[str]
    reason: Mapped[str]
    name_consent: Mapped[bool]
    shared_by: Mapped[UUID] = mapped_column(ForeignKey(Person.id))
    shared_at: Mapped[datetime]
    until: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[UUID | None] = mapped_column(ForeignKey(Person.id))
    withdrawn_why: Mapped[str | None]
    version: Mapped[int]
    votes: Mapped[int] = mapped_column(server_default=text("0"))
    told_at: Mapped[datetime] = mapped_column(server_default=text("now()"))

    __table_args__ = (
        Index("uq_sharings_live", "topic_id", unique=True, postgresql_where=text("withdrawn_at is null")),
        Index("ix_sharings_topic", "topic_id", "shared_at"),
    )


class ThreadRef(CustomerBase):
    """The random name of a sharing for one consumer. A topic that is shared again gets new ones."""

    __tablename__ = "sharing_refs"

    ref: Mapped[str] = mapped_column(primary_key=True)
    sharing_id: Mapped[UUID] = mapped_column(ForeignKey(Sharing.id))
    consumer_id: Mapped[UUID] = mapped_column(ForeignKey(Consumer.id))
    read_count: Mapped[int] = mapped_column(server_default=text("0"))
    last_read_at: Mapped[datetime | None]

    __table_args__ = (Index("uq_sharing_refs_consumer", "sharing_id", "consumer_id", unique=True),)


class Pseudonym(CustomerBase):
    """The random name of a person for one consumer."""

    __tablename__ = "sharing_pseudonyms"

    consumer_id: Mapped[UUID] = mapped_column(ForeignKey(Consumer.id), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey(Person.id), primary_key=True)
    pseudonym: Mapped[str] = mapped_column(unique=True)


class OfficialVoice(CustomerBase):
    """The person in this community who stands for everyone at the company under one public name."""

    __tablename__ = "official_voices"

    public_name: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey(Person.id), unique=True)


class OfficialPost(CustomerBase):
    """A post that came over the bridge. `message_id` is unique: a message makes one post, however often
    it is applied."""

    __tablename__ = "official_posts"

    post_id: Mapped[UUID] = mapped_column(ForeignKey(Post.id), primary_key=True)
    message_id: Mapped[UUID] = mapped_column(unique=True)
    public_name: Mapped[str]
    posted_at: Mapped[datetime]


class PendingChange(CustomerBase):
    """A change that has no position in its consumer's feed yet."""

    __tablename__ = "bridge_changes_pending"

    arrival: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    consumer_id: Mapped[UUID]
    sharing_id: Mapped[UUID]
    ref: Mapped[str]
    type: Mapped[str]
    version: Mapped[int]
    at: Mapped[datetime]
    purge_by: Mapped[datetime | None]


class Change(CustomerBase):
    """A change in its consumer's feed. Insert only; `number` is the position and has no gaps."""

    __tablename__ = "bridge_changes"

    consumer_id: Mapped[UUID] = mapped_column(ForeignKey(Consumer.id), primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    sharing_id: Mapped[UUID] = mapped_column(ForeignKey(Sharing.id), index=True)
    ref: Mapped[str]
    type: Mapped[str]
    version: Mapped[int]
    at: Mapped[datetime]
    purge_by: Mapped[datetime | None]

    __table_args__ = (
        Index(
            "ix_bridge_changes_purges",
            "consumer_id",
            "purge_by",
            postgresql_where=text("purge_by is not null"),
        ),
    )


class PendingCrossing(CustomerBase):
    """A ledger row without number and hash, written by the bridge in the transaction of the crossing."""

    __tablename__ = "ledger"

    arrival: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    consumer_id: Mapped[UUID]
    crossing_id: Mapped[str] = mapped_column(unique=True)
    at: Mapped[datetime]
    direction: Mapped[str]
    message: Mapped[str]
    digest: Mapped[str]
    client: Mapped[str]
    subject: Mapped[str | None]
    purpose: Mapped[str | None]
    refs: Mapped[list[str]]

    __table_args__ = ({"schema": IN},)


class LedgerCrossing(CustomerBase):
    """A row of a consumer's book: insert only, numbered without gaps, chained by `hash`."""

    __tablename__ = "bridge_ledger"

    consumer_id: Mapped[UUID] = mapped_column(ForeignKey(Consumer.id), primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    crossing_id: Mapped[str] = mapped_column(unique=True)
    at: Mapped[datetime]
    direction: Mapped[str]
    message: Mapped[str]
    digest: Mapped[str]
    client: Mapped[str]
    subject: Mapped[str | None]
    purpose: Mapped[str | None]
    hash: Mapped[str]


class LedgerRef(CustomerBase):
    """A thread that a crossing carried, in the order of the message. The hash of the crossing covers it."""

    __tablename__ = "bridge_ledger_refs"

    crossing_id: Mapped[str] = mapped_column(ForeignKey(LedgerCrossing.crossing_id))
    position: Mapped[int]
    ref: Mapped[str] = mapped_column(index=True)

    __table_args__ = (PrimaryKeyConstraint("crossing_id", "position"),)


class InboxMessage(CustomerBase):
    """What came inward: written by the bridge, applied once by the worker.

    `key` is the caller's Idempotency-Key. `ref` is the random name of what the message makes (a reply).
    """

    __tablename__ = "messages"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    consumer_id: Mapped[UUID]
    key: Mapped[str]
    message: Mapped[str]
    thread_ref: Mapped[str | None]
    ref: Mapped[str]
    payload: Mapped[dict[str, Any]]
    digest: Mapped[str]
    subject: Mapped[str | None]
    crossing_id: Mapped[str]
    arrived_at: Mapped[datetime]
    applied_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    due_at: Mapped[datetime | None]

    __table_args__ = (
        Index("uq_messages_key", "consumer_id", "key", unique=True),
        Index("ix_messages_waiting", "arrived_at", postgresql_where=text("applied_at is null")),
        {"schema": IN},
    )


MODELS: tuple[type[Any], ...] = (
    Consumer,
    BridgeClosing,
    SharingSpace,
    Sharing,
    ThreadRef,
    Pseudonym,
    OfficialVoice,
    OfficialPost,
    PendingChange,
    Change,
    PendingCrossing,
    LedgerCrossing,
    LedgerRef,
    InboxMessage,
)
