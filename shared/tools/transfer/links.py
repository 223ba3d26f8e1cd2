"""Reading the links between topics."""

from uuid import UUID

from shared.db.context import ReadContext
from shared.kernel.errors import NotFound
from shared.kernel.paging import Page
from shared.tools.transfer import queries
from shared.tools.transfer.schemas import TopicLinkView


async def links_of(ctx: ReadContext, topic_id: UUID) -> Page[TopicLinkView]:
    """The topics a topic is linked with, as far as the actor may see them. Raises `NotFound`."""
    who = {"groups": ctx.actor.groups, "topic_id": topic_id}
    if await ctx.reader.first(queries.visible_topic(), **who) is None:
        raise NotFound
    rows = await ctx.reader.all(queries.links(), **who)
    return Page([TopicLinkView(r["id"], r["title"], r["slug"], r["link_kind"], r["direction"]) for r in rows])
