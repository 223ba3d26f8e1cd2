"""Every SELECT on spaces, groups and grants."""

from functools import cache
from typing import Any

from sqlalchemy import BigInteger, Text, Uuid, bindparam, func, select

from shared.db.query import Query
from shared.tools.people.models import Person
from shared.tools.spaces.audience import audience_column
from shared.tools.spaces.models import Group, GroupMember, Space, SpaceGrant
from shared.tools.spaces.visibility import visible_spaces

SPACE_COLUMNS: tuple[Any, ...] = (
    Space.id,
    Space.slug,
    Space.name,
    Space.goal,
    Space.kinds,
    Space.topic_count,
    Space.created_at,
    Space.version,
)


@cache
def visible_list() -> Query:
    return Query(
        visible_spaces(*SPACE_COLUMNS, audience_column()).order_by(Space.position, Space.name, Space.id)
    )


@cache
def visible_by_slug() -> Query:
    return Query(visible_spaces(*SPACE_COLUMNS, audience_column()).where(Space.slug == bindparam("slug")))


@cache
def visible_by_id() -> Query:
    return Query(visible_spaces(*SPACE_COLUMNS, audience_column()).where(Space.id == bindparam("space_id")))


GROUPS = Query(
    select(
        Group.id,
        Group.slug,
        Group.name,
        Group.role,
        select(func.count())
        .select_from(GroupMember)
        .where(GroupMember.group_id == Group.id)
        .correlate(Group)
        .scalar_subquery()
        .label("members"),
    ).order_by(Group.name, Group.id)
)

GRANTS = Query(
    select(SpaceGrant.group_id, Group.name, SpaceGrant.level)
    .join(Group, Group.id == SpaceGrant.group_id)
    .where(SpaceGrant.space_id == bindparam("space_id"))
    .order_by(SpaceGrant.level.desc(), Group.name)
)

MEMBERS = Query(
    select(Person.id, Person.name)
    .join(GroupMember, GroupMember.person_id == Person.id)
    .where(GroupMember.group_id == bindparam("group_id", type_=Uuid()))
    .order_by(Person.name, Person.id)
    .limit(bindparam("limit", type_=BigInteger()))
)

PEOPLE_NAMED = Query(
    select(Person.id, Person.name)
    .where(
        Person.sub.is_not(None),
        Person.active,
        func.strpos(func.lower(Person.name), func.lower(bindparam("words", type_=Text()))) > 0,
        Person.id.not_in(
            select(GroupMember.person_id).where(GroupMember.group_id == bindparam("group_id", type_=Uuid()))
        ),
    )
    .order_by(Person.name, Person.id)
    .limit(bindparam("limit", type_=BigInteger()))
)
