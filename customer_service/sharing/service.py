"""Use cases of sharing."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, insert
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import IntegrityError

from customer_service.sharing import feed, queries
from customer_service.sharing.errors import AlreadyShared, EndsInThePast, NotShared, SpaceNotOpen
from customer_service.sharing.models import BridgeClosing, Sharing, SharingSpace
from customer_service.sharing.permissions import SharingPermission, decide
from customer_service.sharing.schemas import CompanyAsked, CrossingView, SharingCreate, SharingView
from shared.db.context import Context, ReadContext
from shared.db.query import Row
from shared.kernel.errors import NotFound
from shared.kernel.ids import new_id
from shared.kernel.permissions import Level
from shared.kernel.text import clean_line
from shared.tools.spaces.permissions import MANAGER_ROLE


async def topic_row(ctx: ReadContext, topic_id: UUID) -> Row:
    """Raises `NotFound` for a topic that the actor may not know of."""
    row = await ctx.reader.first(queries.TOPIC, groups=ctx.actor.groups, topic_id=topic_id)
    if row is None:
        raise NotFound
    return row


async def space_row(ctx: ReadContext, space_id: UUID) -> Row:
    """A space and whether topics may be shared from it, for its managers. Raises `NotFound`."""
    row = await ctx.reader.first(queries.SPACE, groups=ctx.actor.groups, space_id=space_id)
    if row is None:
        raise NotFound
    ctx.require(decide(SharingPermission.OPEN_SPACE, ctx.actor, row))
    return row


async def history(ctx: ReadContext, topic_id: UUID) -> list[SharingView]:
    """Every sharing of a topic, newest first, for whoever sees the topic."""
    await topic_row(ctx, topic_id)
    rows = await ctx.reader.all(queries.HISTORY, groups=ctx.actor.groups, topic_id=topic_id)
    names = SharingView.__dataclass_fields__
    return [SharingView(**{name: row[name] for name in names}) for row in rows]


async def crossings(ctx: ReadContext, topic_id: UUID) -> list[CrossingView]:
    """The ledger rows of a topic, newest first, for its author and moderators."""
    row = await topic_row(ctx, topic_id)
    ctx.require(decide(SharingPermission.WITHDRAW, ctx.actor, row))
    rows = await ctx.reader.all(queries.CROSSINGS, groups=ctx.actor.groups, topic_id=topic_id)
    names = CrossingView.__dataclass_fields__
    return [CrossingView(**{name: row[name] for name in names}) for row in rows]


class SharingService:
    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx

    async def share(self, topic_id: UUID, wanted: SharingCreate) -> None:
        """A moderator lets a topic cross. Raises `SpaceNotOpen`, `AlreadyShared`, `EndsInThePast`."""
        row = await topic_row(self.ctx, topic_id)
        self.ctx.require(decide(SharingPermission.SHARE, self.ctx.actor, row))
        await self._share(row, wanted, name_consent=False)

    async def ask(self, topic_id: UUID, asked: CompanyAsked) -> None:
        """The author asks the company: the topic is shared for support with the staff who look after
        customers. Raises as `share`."""
        row = await topic_row(self.ctx, topic_id)
        self.ctx.require(decide(SharingPermission.ASK, self.ctx.actor, row))
        wanted = SharingCreate(purpose="support", reason=asked.reason, until=asked.until)
        await self._share(row, wanted, name_consent=asked.show_name)

    async def _share(self, topic: Row, wanted: SharingCreate, *, name_consent: bool) -> None:
        if not topic["allowed"]:
            raise SpaceNotOpen
        now = self.ctx.now()
        if wanted.until is not None and wanted.until <= now:
            raise EndsInThePast
        await self._end_expired(topic["id"], topic["version"], now)
        sharing = Sharing(
            id=new_id(),
            topic_id=topic["id"],
            purpose=wanted.purpose,
            audience=wanted.audience,
            reason=clean_line(wanted.reason),
            name_consent=name_consent,
            shared_by=self.ctx.actor.person_id,
            shared_at=now,
            until=wanted.until,
            version=topic["version"],
            votes=topic["votes"],
            told_at=now,
        )
        self.ctx.session.add(sharing)
        try:
            await self.ctx.session.flush()
        except IntegrityError:
            raise AlreadyShared from None
        await feed.mint(self.ctx.session, sharing, topic["author_id"])
        await feed.tell(self.ctx.session, sharing.id, "shared", version=topic["version"], now=now)

    async def _end_expired(self, topic_id: UUID, version: int, now: datetime) -> None:
        """A sharing that is past its end makes room at once; the worker may not have come by yet."""
        live = await self.ctx.reader.first(queries.LIVE, topic_id=topic_id)
        if live and live["until"] and live["until"] <= now:
            await feed.end(self.ctx.session, live["id"], why="expired", version=version, now=now)

    async def withdraw(self, topic_id: UUID) -> None:
        """By the author or a moderator: nothing of it can be read over the bridge once this commits."""
        row = await topic_row(self.ctx, topic_id)
        self.ctx.require(decide(SharingPermission.WITHDRAW, self.ctx.actor, row))
        live = await self.ctx.reader.first(queries.LIVE, topic_id=topic_id)
        if live is None:
            raise NotShared
        by_author = row["author_id"] == self.ctx.actor.person_id
        await feed.end(
            self.ctx.session,
            live["id"],
            why="author" if by_author else "moderator",
            version=row["version"],
            now=self.ctx.now(),
            by=self.ctx.actor.person_id,
        )

    async def open_space(self, space_id: UUID, *, allowed: bool) -> None:
        """Whether topics of a space may be shared at all. Closing it leaves live sharings as they are."""
        await space_row(self.ctx, space_id)
        if not allowed:
            await self.ctx.session.execute(delete(SharingSpace).where(SharingSpace.space_id == space_id))
            return
        await self.ctx.session.execute(
            upsert(SharingSpace)
            .values(space_id=space_id, allowed_by=self.ctx.actor.person_id, allowed_at=self.ctx.now())
            .on_conflict_do_nothing()
        )

    async def close_bridge(self, *, closed: bool) -> None:
        """The manager's switch. Closed, nothing crosses; both communities go on, and the
        manifest, which says only what could cross, can still be read."""
        level = Level.MANAGE if self.ctx.actor.has_role(MANAGER_ROLE) else 0
        self.ctx.require(decide(SharingPermission.CLOSE_BRIDGE, self.ctx.actor, {"level": level}))
        await self.ctx.session.execute(delete(BridgeClosing))
        if closed:
            await self.ctx.session.execute(
                insert(BridgeClosing).values(
                    id=new_id(), closed_by=self.ctx.actor.person_id, closed_at=self.ctx.now()
                )
            )
