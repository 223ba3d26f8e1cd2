"""Every SELECT about sharing, but for the columns that go with the topic (`disclosure`)."""

from typing import Final

from sqlalchemy import Uuid, and_, bindparam, func, or_, select

from customer_service.sharing.disclosure import confirmations, last_read, reads
from customer_service.sharing.models import (
    Consumer,
    LedgerCrossing,
    LedgerRef,
    Sharing,
    SharingSpace,
    ThreadRef,
)
from shared.db.query import Query
from shared.tools.spaces.models import Space
from shared.tools.spaces.visibility import visible_spaces
from shared.tools.topics.models import Post, Topic
from shared.tools.topics.visibility import visible_topics

_TOPIC: Final = bindparam("topic_id", type_=Uuid())
_allowed = (
    select(SharingSpace.space_id).where(SharingSpace.space_id == Topic.space_id).correlate(Topic).exists()
)
_votes = select(Post.score).where(Post.topic_id == Topic.id, Post.is_first).correlate(Topic).scalar_subquery()
_open = select(SharingSpace.space_id).where(SharingSpace.space_id == Space.id).correlate(Space).exists()
_confirmed, _recipients = confirmations()

TOPIC: Final = Query(
    visible_topics(
        Topic.id,
        Topic.author_id,
        Topic.space_id,
        Topic.version,
        Topic.slug,
        Topic.kind,
        _votes.label("votes"),
        _allowed.label("allowed"),
    ).where(Topic.id == _TOPIC)
)

SPACE: Final = Query(
    visible_spaces(Space.id, Space.slug, Space.name, _open.label("allowed")).where(
        Space.id == bindparam("space_id", type_=Uuid())
    )
)

LIVE: Final = Query(
    select(Sharing.id, Sharing.until).where(Sharing.topic_id == _TOPIC, Sharing.withdrawn_at.is_(None))
)

HISTORY: Final = Query(
    visible_topics(
        Sharing.purpose,
        Sharing.audience,
        Sharing.reason,
        (Sharing.shared_by == Topic.author_id).label("by_author"),
        Sharing.name_consent.label("name_shown"),
        Sharing.shared_at,
        Sharing.until,
        Sharing.withdrawn_at,
        Sharing.withdrawn_why,
        reads().label("reads"),
        last_read().label("last_read_at"),
        _recipients.label("recipients"),
        _confirmed.label("confirmed"),
    )
    .join(Sharing, Sharing.topic_id == Topic.id)
    .where(Topic.id == _TOPIC)
    .order_by(Sharing.shared_at.desc())
    .limit(100)
)

CROSSINGS: Final = Query(
    visible_topics(
        LedgerCrossing.at,
        LedgerCrossing.direction,
        LedgerCrossing.message,
        LedgerCrossing.purpose,
        LedgerCrossing.digest,
        Consumer.name.label("recipient"),
    )
    .join(Sharing, Sharing.topic_id == Topic.id)
    .join(ThreadRef, ThreadRef.sharing_id == Sharing.id)
    .join(LedgerRef, LedgerRef.ref == ThreadRef.ref)
    .join(LedgerCrossing, LedgerCrossing.crossing_id == LedgerRef.crossing_id)
    .join(Consumer, Consumer.id == LedgerCrossing.consumer_id)
    .where(Topic.id == _TOPIC)
    .order_by(LedgerCrossing.at.desc(), LedgerCrossing.crossing_id)
    .limit(200)
)

ENDED = (
    select(Sharing.id, Sharing.topic_id, Topic.deleted_at, Topic.version)
    .join(Topic, Topic.id == Sharing.topic_id)
    .where(
        Sharing.withdrawn_at.is_(None),
        or_(Sharing.until <= bindparam("now", type_=Sharing.until.type), Topic.deleted_at.is_not(None)),
    )
    .with_for_update(of=Sharing.__table__, skip_locked=True)
)
"""Live sharings that must end by themselves. Takes `now`."""

CHANGED = (
    select(Sharing.id, Topic.version, _votes.label("votes"))
    .join(Topic, Topic.id == Sharing.topic_id)
    .where(
        Sharing.withdrawn_at.is_(None),
        Topic.deleted_at.is_(None),
        or_(
            Sharing.version != Topic.version,
            and_(
                Sharing.told_at <= bindparam("votes_since", type_=Sharing.told_at.type),
                Sharing.votes != _votes,
            ),
        ),
    )
    .with_for_update(of=Sharing.__table__, skip_locked=True)
)
"""Live sharings whose topic has a version that the feed has not told yet; or votes, where the feed has told
nothing of it since `votes_since`."""

REFS_OF = (
    select(ThreadRef.consumer_id, ThreadRef.ref)
    .join(Consumer, Consumer.id == ThreadRef.consumer_id)
    .where(
        ThreadRef.sharing_id == bindparam("sharing_id", type_=Uuid()), func.cardinality(Consumer.purposes) > 0
    )
)
"""Whom a change of this sharing is told: a consumer that was removed was told of its end then."""

RECIPIENTS = select(Consumer.id).where(
    func.array_position(Consumer.purposes, bindparam("purpose", type_=Sharing.purpose.type)).is_not(None),
    func.array_position(Consumer.audiences, bindparam("audience", type_=Sharing.audience.type)).is_not(None),
)
"""Consumers that a sharing of this purpose and audience is for."""
