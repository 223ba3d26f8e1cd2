"""What a topic says about its sharing: columns for the topic's statement, and the panel that shows them."""

from typing import Any, Final

from sqlalchemy import ScalarSelect, and_, func, or_, select
from sqlalchemy.orm import aliased

from customer_service.sharing.models import Change, Consumer, OfficialPost, Sharing, SharingSpace, ThreadRef
from customer_service.sharing.permissions import abilities
from shared.tools.topics.kinds import Extension, Panel
from shared.tools.topics.models import Post, Topic


def confirmations() -> tuple[ScalarSelect[Any], ScalarSelect[Any]]:
    """How many consumers have purged the surrounding sharing, and how many must."""
    tombstones = (
        select(func.count(func.distinct(Change.consumer_id)))
        .select_from(Change)
        .where(Change.sharing_id == Sharing.id, Change.type == "withdrawn")
        .correlate(Sharing)
    )
    purged = tombstones.join(
        Consumer, and_(Consumer.id == Change.consumer_id, Consumer.acknowledged >= Change.number)
    )
    recipients = (
        select(func.count())
        .select_from(ThreadRef)
        .where(ThreadRef.sharing_id == Sharing.id)
        .correlate(Sharing)
    )
    return purged.scalar_subquery(), recipients.scalar_subquery()


def reads() -> ScalarSelect[Any]:
    """How often the surrounding sharing was read over the bridge."""
    return (
        select(func.coalesce(func.sum(ThreadRef.read_count), 0))
        .where(ThreadRef.sharing_id == Sharing.id)
        .correlate(Sharing)
        .scalar_subquery()
    )


def last_read() -> ScalarSelect[Any]:
    """When the surrounding sharing was last read over the bridge."""
    return (
        select(func.max(ThreadRef.last_read_at))
        .where(ThreadRef.sharing_id == Sharing.id)
        .correlate(Sharing)
        .scalar_subquery()
    )


def _latest() -> ScalarSelect[Any]:
    """The topic's newest sharing as JSON; whether it is live follows from `withdrawn_at`."""
    confirmed, recipients = confirmations()
    told = func.jsonb_build_object(
        "purpose", Sharing.purpose,
        "audience", Sharing.audience,
        "reason", Sharing.reason,
        "by_author", Sharing.shared_by == Topic.author_id,
        "name_shown", Sharing.name_consent,
        "shared_at", Sharing.shared_at,
        "until", Sharing.until,
        "over", or_(Sharing.withdrawn_at.is_not(None), Sharing.until <= func.now()),
        "withdrawn_at", func.coalesce(Sharing.withdrawn_at, Sharing.until),
        "reads", reads(),
        "last_read_at", last_read(),
        "recipients", recipients,
        "confirmed", confirmed,
    )  # fmt: skip
    return (
        select(told)
        .where(Sharing.topic_id == Topic.id)
        .order_by(Sharing.shared_at.desc())
        .limit(1)
        .correlate(Topic)
        .scalar_subquery()
    )


def _topic_column() -> Any:
    space = aliased(SharingSpace)
    allowed = select(space.space_id).where(space.space_id == Topic.space_id).correlate(Topic).exists()
    return func.jsonb_build_object("allowed", allowed, "sharing", _latest())


def _post_column() -> Any:
    return (
        select(func.jsonb_build_object("public_name", OfficialPost.public_name))
        .where(OfficialPost.post_id == Post.id)
        .correlate(Post)
        .scalar_subquery()
    )


EXTENSIONS: Final = (
    Extension("sharing", topic_column=_topic_column(), topic_abilities=abilities),
    Extension("official", post_column=_post_column()),
)
"""`topic.extensions.sharing` (`allowed`, `sharing`) and `post.extensions.official` (`public_name`)."""

PANELS: Final = (
    Panel("sharing", "sharing/panel.html"),
    Panel("sharing", "sharing/readers.html", slot="readers"),
    Panel("official", "sharing/official.html", slot="post"),
)
