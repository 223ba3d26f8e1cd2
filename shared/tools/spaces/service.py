"""Use cases of spaces, groups and grants."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import IntegrityError

from shared.db.context import Context, ReadContext
from shared.db.query import Row
from shared.kernel.actor import ANYONE
from shared.kernel.errors import Conflict, Invalid, NotFound, Stale, invalid_field
from shared.kernel.ids import new_id
from shared.kernel.permissions import Level
from shared.kernel.text import clean_line, clean_text
from shared.tools.spaces import audience, queries
from shared.tools.spaces.groups import BUILT_IN, MANAGERS
from shared.tools.spaces.models import Group, GroupMember, Space, SpaceGrant
from shared.tools.spaces.permissions import SpacePermission, decide
from shared.tools.spaces.schemas import (
    GrantsPut,
    GrantView,
    GroupCreate,
    GroupView,
    LevelName,
    SpaceCreate,
    SpaceView,
)

LEVEL_NAMES: dict[int, LevelName] = {
    Level.SEE: "see",
    Level.REPLY: "reply",
    Level.POST: "post",
    Level.MODERATE: "moderate",
    Level.MANAGE: "manage",
}
LEVELS = {name: level for level, name in LEVEL_NAMES.items()}


class SlugTaken(Conflict):
    code = "spaces.slug_taken"
    title = "Another one has this short name already"


class MembersFollow(Conflict):
    code = "spaces.members_follow"
    title = "Nobody is added to this group by hand: who is in it follows from roles or from signing in"


class AnonymousNotAllowed(Conflict):
    code = "spaces.anonymous_not_allowed"
    title = "This community shows nothing to people who are not signed in"


@dataclass(frozen=True, slots=True)
class SpacesPolicy:
    """What differs between communities."""

    anonymous_reading: bool
    kinds: tuple[str, ...]


def space_view(row: Row) -> SpaceView:
    return SpaceView(
        id=row["id"],
        slug=row["slug"],
        name=row["name"],
        goal=row["goal"],
        kinds=row["kinds"],
        topic_count=row["topic_count"],
        level=LEVEL_NAMES[row["level"]],
        audience=audience.in_words(row["audience"]),
        position=row["position"],
        created_at=row["created_at"],
        archived_at=row["archived_at"],
        version=row["version"],
    )


def group_view(row: Row) -> GroupView:
    return GroupView(row["id"], row["slug"], row["name"], row["role"], row["members"], row["version"])


async def visible_spaces(ctx: ReadContext) -> list[SpaceView]:
    """Those beside a page, `MOST_BESIDE_A_PAGE` at most; `lists.spaces` pages through all."""
    rows = await ctx.reader.all(queries.visible_list(), groups=ctx.actor.groups)
    return [space_view(row) for row in rows]


async def visible_space(ctx: ReadContext, slug: str) -> SpaceView:
    """Raises `NotFound` for a space the actor may not know of."""
    row = await ctx.reader.first(queries.visible_by_slug(), groups=ctx.actor.groups, slug=slug)
    if row is None:
        raise NotFound
    return space_view(row)


async def visible_space_by_id(ctx: ReadContext, space_id: UUID) -> SpaceView:
    row = await ctx.reader.first(queries.visible_by_id(), groups=ctx.actor.groups, space_id=space_id)
    if row is None:
        raise NotFound
    return space_view(row)


async def groups(ctx: ReadContext) -> list[GroupView]:
    ctx.require(decide(SpacePermission.MANAGE_GROUPS, ctx.actor))
    rows = await ctx.reader.all(queries.GROUPS)
    return [group_view(row) for row in rows]


async def grants(ctx: ReadContext, space_id: UUID) -> list[GrantView]:
    """Who may do what in a space, for those who may change it."""
    space = await visible_space_by_id(ctx, space_id)
    ctx.require(decide(SpacePermission.GRANT, ctx.actor, level=LEVELS[space.level]))
    return await _grants(ctx, space_id)


async def _grants(ctx: ReadContext, space_id: UUID) -> list[GrantView]:
    rows = await ctx.reader.all(queries.GRANTS, space_id=space_id)
    return [GrantView(r["group_id"], r["name"], LEVEL_NAMES[r["level"]]) for r in rows]


def levels_of(wanted: GrantsPut, policy: SpacesPolicy) -> dict[UUID, int]:
    """The level of each group; managers keep theirs. Raises `AnonymousNotAllowed`, `Invalid`."""
    levels = {g.group: LEVELS[g.level] for g in wanted.grants}
    if ANYONE in levels and not policy.anonymous_reading:
        raise AnonymousNotAllowed
    levels[MANAGERS] = int(Level.MANAGE)
    if levels.get(ANYONE, Level.SEE) > Level.SEE:
        raise invalid_field("/grants", "spaces.anonymous_may_only_see", "Everyone may be granted `see` only.")
    return levels


def require_kinds(kinds: list[str], policy: SpacesPolicy) -> None:
    """Raises `Invalid` for a kind that this community does not have."""
    if unknown := sorted(set(kinds) - set(policy.kinds)):
        raise invalid_field("/kinds", "spaces.unknown_kind", f"Not a kind here: {', '.join(unknown)}")


def unknown_group() -> Invalid:
    return invalid_field("/grants", "spaces.unknown_group", "A group in this list does not exist.")


class SpaceService:
    def __init__(self, ctx: Context, policy: SpacesPolicy) -> None:
        self.ctx = ctx
        self.policy = policy

    async def create(self, new: SpaceCreate) -> SpaceView:
        """A space that only managers see, until grants say otherwise. Raises `SlugTaken`."""
        self.ctx.require(decide(SpacePermission.CREATE, self.ctx.actor))
        require_kinds(new.kinds, self.policy)
        space_id = new_id()
        await self._insert_once(
            insert(Space).values(
                id=space_id,
                slug=new.slug,
                name=clean_line(new.name),
                goal=clean_text(new.goal),
                owner_id=self.ctx.actor.person_id,
                kinds=list(dict.fromkeys(new.kinds)),
                position=new.position,
                created_at=self.ctx.now(),
            )
        )
        await self.ctx.session.execute(
            insert(SpaceGrant).values(space_id=space_id, group_id=MANAGERS, level=Level.MANAGE)
        )
        return await visible_space_by_id(self.ctx, space_id)

    async def create_group(self, new: GroupCreate) -> GroupView:
        self.ctx.require(decide(SpacePermission.MANAGE_GROUPS, self.ctx.actor))
        group_id = new_id()
        name = clean_line(new.name)
        await self._insert_once(
            insert(Group).values(id=group_id, slug=new.slug, name=name, created_at=self.ctx.now())
        )
        return GroupView(group_id, new.slug, name, None, members=0, version=1)

    async def add_member(self, group_id: UUID, person_id: UUID) -> None:
        await self._require_own_members(group_id)
        statement = (
            upsert(GroupMember)
            .values(group_id=group_id, person_id=person_id, joined_at=self.ctx.now())
            .on_conflict_do_nothing()
        )
        try:
            await self.ctx.session.execute(statement)
        except IntegrityError:
            raise NotFound("No such group or person.") from None

    async def _require_own_members(self, group_id: UUID) -> None:
        """Raises `NotFound`, or `MembersFollow` for everybody, all members and groups bound to a role."""
        self.ctx.require(decide(SpacePermission.MANAGE_GROUPS, self.ctx.actor))
        group = (await self.ctx.session.execute(select(Group.role).where(Group.id == group_id))).first()
        if group is None:
            raise NotFound("No such group or person.")
        if group_id in BUILT_IN or group.role is not None:
            raise MembersFollow

    async def remove_member(self, group_id: UUID, person_id: UUID) -> None:
        await self._require_own_members(group_id)
        await self.ctx.session.execute(
            delete(GroupMember).where(GroupMember.group_id == group_id, GroupMember.person_id == person_id)
        )

    async def put_grants(self, space_id: UUID, wanted: GrantsPut, *, version: int) -> list[GrantView]:
        """Replaces the grants of a space. Raises `Stale` when the space changed since `version`."""
        space = await visible_space_by_id(self.ctx, space_id)
        self.ctx.require(decide(SpacePermission.GRANT, self.ctx.actor, level=LEVELS[space.level]))
        levels = levels_of(wanted, self.policy)
        bumped = await self.ctx.session.execute(
            update(Space)
            .where(Space.id == space_id, Space.version == version)
            .values(version=Space.version + 1)
            .returning(Space.id)
        )
        if bumped.first() is None:
            raise Stale(data={"current_version": space.version})
        await self.ctx.session.execute(delete(SpaceGrant).where(SpaceGrant.space_id == space_id))
        rows = [{"space_id": space_id, "group_id": g, "level": level} for g, level in levels.items()]
        try:
            await self.ctx.session.execute(insert(SpaceGrant), rows)
        except IntegrityError:
            raise unknown_group() from None
        return await _grants(self.ctx, space_id)

    async def _insert_once(self, statement: object) -> None:
        try:
            await self.ctx.session.execute(statement)  # type: ignore[call-overload] # any INSERT
        except IntegrityError:
            raise SlugTaken from None
