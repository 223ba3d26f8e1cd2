"""Just enough content in a community's database to share."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncSession

from customer_service.sharing.models import SharingSpace
from shared.db.context import Context
from shared.db.engine import Database
from shared.db.query import writer_of
from shared.kernel.actor import ANYONE, MEMBERS, Actor
from shared.kernel.clock import SystemClock
from shared.kernel.ids import new_id
from shared.kernel.paging import CursorCodec
from shared.kernel.permissions import Level
from shared.tools.people.models import Person
from shared.tools.questions.models import Question
from shared.tools.spaces.groups import MANAGERS
from shared.tools.spaces.models import Space, SpaceGrant
from shared.tools.topics.models import Post, Topic


@dataclass
class Content:
    """A space from which may be shared, a manager, an author, somebody else, and a question."""

    space: UUID
    manager: Actor
    author: Actor
    other: Actor
    topic: UUID
    first_post: UUID


def context(session: AsyncSession, actor: Actor) -> Context:
    return Context(actor, writer_of(session), SystemClock(), CursorCodec("t" * 32), session=session)


async def person(session: AsyncSession, name: str, *, manager: bool = False) -> Actor:
    person_id, now = new_id(), datetime.now(UTC)
    await session.execute(
        insert(Person).values(
            id=person_id, sub=f"sub-of-{name}", realm="customer", name=name, created_at=now, updated_at=now
        )
    )
    groups = (ANYONE, MEMBERS, MANAGERS) if manager else (ANYONE, MEMBERS)
    roles = frozenset({"community_manager"}) if manager else frozenset[str]()
    return Actor(person_id, name, roles, groups)


async def space(session: AsyncSession, slug: str, *, sharing: bool) -> UUID:
    space_id, now = new_id(), datetime.now(UTC)
    await session.execute(
        insert(Space).values(id=space_id, slug=slug, name=slug.title(), kinds=["question"], created_at=now)
    )
    for group, level in ((ANYONE, Level.SEE), (MEMBERS, Level.POST), (MANAGERS, Level.MANAGE)):
        await session.execute(insert(SpaceGrant).values(space_id=space_id, group_id=group, level=int(level)))
    if sharing:
        await session.execute(insert(SharingSpace).values(space_id=space_id, allowed_at=now))
    return space_id


async def question(session: AsyncSession, space_id: UUID, author: Actor, title: str) -> tuple[UUID, UUID]:
    topic_id, now = new_id(), datetime.now(UTC)
    await session.execute(
        insert(Topic).values(
            id=topic_id,
            space_id=space_id,
            kind="question",
            author_id=author.person_id,
            title=title,
            slug="a-question",
            tags=["gateway"],
            created_at=now,
            last_post_at=now,
        )
    )
    first = await post(session, topic_id, author, f"Body of {title}", first=True)
    await session.execute(insert(Question).values(topic_id=topic_id))
    return topic_id, first


async def post(
    session: AsyncSession, topic_id: UUID, author: Actor, body: str, *, first: bool = False
) -> UUID:
    post_id = new_id()
    await session.execute(
        insert(Post).values(
            id=post_id,
            topic_id=topic_id,
            is_first=first,
            author_id=author.person_id,
            body=body,
            html=f"<p>{body}</p>",
            created_at=datetime.now(UTC),
        )
    )
    if not first:
        await session.execute(
            update(Topic)
            .where(Topic.id == topic_id)
            .values(version=Topic.version + 1, reply_count=Topic.reply_count + 1)
        )
    return post_id


async def fill(database: Database) -> Content:
    async with database.transaction() as session:
        manager = await person(session, "Maja", manager=True)
        author = await person(session, "Ana")
        other = await person(session, "Jonas")
        space_id = await space(session, "gateways", sharing=True)
        topic_id, first = await question(session, space_id, author, "The gateway drops out")
        return Content(space_id, manager, author, other, topic_id, first)
