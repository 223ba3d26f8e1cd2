"""Use cases about people."""

from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

from sqlalchemy import case, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from shared.db.context import Context, ReadContext
from shared.kernel.clock import Clock
from shared.kernel.errors import NotFound, Unauthenticated, invalid_field
from shared.kernel.ids import new_id
from shared.kernel.text import clean_line, clean_text, is_blank
from shared.tools.people import queries
from shared.tools.people.models import Person
from shared.tools.people.schemas import MeUpdate, MeView


def shown_name(name: str) -> str:
    """A name as it is kept: one line of at most 100 characters."""
    line = clean_line(name)[:100].strip()
    return "Somebody" if is_blank(line) else line


async def provision(
    session: AsyncSession,
    clock: Clock,
    *,
    sub: str,
    realm: str,
    name: str | None,
    roles: list[str],
    told_at: datetime | None = None,
) -> UUID:
    """The person of this account, made at first sight; name and roles follow the account.

    What identity said before what is kept (`told_at`) changes nothing: a removed role stays removed. A name
    that is not told stays as it is.
    """
    now = clock.now()
    fresh: dict[str, Any] = {"realm": realm, "roles": roles}
    if name is not None:
        fresh["name"] = shown_name(name)
    changed = or_(*(getattr(Person, column) != value for column, value in fresh.items()))
    statement = (
        insert(Person)
        .values(
            id=new_id(),
            sub=sub,
            created_at=now,
            updated_at=now,
            told_at=told_at,
            **({"name": shown_name("")} | fresh),
        )
        .on_conflict_do_update(
            index_elements=[Person.sub],
            set_={
                **fresh,
                "updated_at": case((changed, now), else_=Person.updated_at),
                "told_at": told_at,
            },
            where=or_(Person.told_at.is_(None), Person.told_at <= (told_at or now)),
        )
        .returning(Person.id)
    )
    person_id: UUID | None = await session.scalar(statement)
    if person_id is None:
        person_id = (await session.execute(select(Person.id).where(Person.sub == sub))).scalar_one()
    return person_id


class PeopleService:
    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx

    async def update_me(self, change: MeUpdate) -> MeView:
        person = await self.ctx.session.scalar(select(Person).where(Person.id == self.ctx.actor.person_id))
        if person is None:
            raise Unauthenticated
        if change.bio is not None:
            person.bio = clean_text(change.bio)
        if change.time_zone is not None:
            if change.time_zone not in available_timezones():
                raise invalid_field(
                    "/time_zone", "people.unknown_time_zone", "Use a name such as Europe/Vienna."
                )
            person.time_zone = change.time_zone
        person.updated_at = self.ctx.now()
        await self.ctx.session.flush()
        return await me(self.ctx)


async def me(ctx: ReadContext) -> MeView:
    """Raises `Unauthenticated` for the guest."""
    if not ctx.actor.signed_in:
        raise Unauthenticated
    row = await ctx.reader.first(queries.ME, person_id=ctx.actor.person_id)
    if row is None:
        raise NotFound
    return MeView(row["id"], row["name"], row["bio"], row["time_zone"], row["roles"])
