"""A person's profile, with as much of what they wrote as the reader may see."""

from functools import cache
from uuid import UUID

from sqlalchemy import Uuid, bindparam, func, select

from shared.db.context import ReadContext
from shared.db.query import Query
from shared.kernel.errors import NotFound
from shared.tools.people.models import Person
from shared.tools.people.schemas import PersonView
from shared.tools.topics.models import Post, Topic
from shared.tools.topics.visibility import visible_posts, visible_topics


@cache
def _profile() -> Query:
    topics = visible_topics(Topic.id).where(Topic.author_id == Person.id).correlate(Person).subquery("mine")
    posts = visible_posts(Post.id).where(Post.author_id == Person.id).correlate(Person).subquery("said")
    return Query(
        select(
            Person.id,
            Person.name,
            Person.bio,
            Person.created_at,
            select(func.count()).select_from(topics).scalar_subquery().label("topics"),
            select(func.count()).select_from(posts).scalar_subquery().label("posts"),
        ).where(Person.id == bindparam("person_id", type_=Uuid()), Person.merged_into.is_(None))
    )


async def profile(ctx: ReadContext, person_id: UUID) -> PersonView:
    """Members know of one another; a guest knows of whoever wrote something that guests can read.

    Raises `NotFound` otherwise.
    """
    row = await ctx.reader.first(_profile(), person_id=person_id, groups=ctx.actor.groups)
    if row is None or not (ctx.actor.signed_in or row["posts"]):
        raise NotFound
    return PersonView(row["id"], row["name"], row["bio"], row["created_at"], row["topics"], row["posts"])
