"""Every SELECT on spaces, groups and grants."""

from functools import cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    ColumnElement,
    Select,
    Text,
    Uuid,
    any_,
    bindparam,
    func,
    not_,
    or_,
    select,
    tuple_,
)

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
    Space.position,
    Space.created_at,
    Space.archived_at,
    Space.version,
)
SPACE_ORDER: tuple[Any, ...] = (Space.position, Space.name, Space.id)


MOST_BESIDE_A_PAGE = 500
"""Spaces that are listed beside a page; the API pages through all."""


def _in_order() -> Select[Any]:
    return visible_spaces(*SPACE_COLUMNS, audience_column()).order_by(*SPACE_ORDER)


@cache
def visible_list() -> Query:
    return Query(_in_order().limit(MOST_BESIDE_A_PAGE))


@cache
def visible_page(*, after: bool) -> Query:
    """`limit` rows; from behind the space whose order is `after_0` to `after_2` on."""
    return Query(_one_page(_in_order(), SPACE_ORDER, after=after))


def _one_page(statement: Select[Any], order: tuple[Any, ...], *, after: bool) -> Select[Any]:
    statement = statement.limit(bindparam("limit", type_=BigInteger()))
    if not after:
        return statement
    marks = [bindparam(f"after_{n}", type_=column.type) for n, column in enumerate(order)]
    return statement.where(tuple_(*order) > tuple_(*marks))


@cache
def visible_by_slug() -> Query:
    return Query(visible_spaces(*SPACE_COLUMNS, audience_column()).where(Space.slug == bindparam("slug")))


@cache
def visible_by_id() -> Query:
    return Query(visible_spaces(*SPACE_COLUMNS, audience_column()).where(Space.id == bindparam("space_id")))


GROUP_ORDER: tuple[Any, ...] = (Group.name, Group.id)
_GROUPS = select(
    Group.id,
    Group.slug,
    Group.name,
    Group.role,
    Group.version,
    select(func.count())
    .select_from(GroupMember)
    .where(GroupMember.group_id == Group.id)
    .correlate(Group)
    .scalar_subquery()
    .label("members"),
).order_by(*GROUP_ORDER)
GROUPS = Query(_GROUPS)
GROUP = Query(_GROUPS.where(Group.id == bindparam("group_id", type_=Uuid())))
SPACES_OF_GROUP = Query(
    select(Space.id, Space.slug, Space.name)
    .join(SpaceGrant, SpaceGrant.space_id == Space.id)
    .where(SpaceGrant.group_id == bindparam("group_id", type_=Uuid()))
    .order_by(Space.name, Space.id)
)
"""Where a group is granted something; for managers, who see every space."""


@cache
def group_page(*, after: bool) -> Query:
    """`limit` rows; from behind the group whose order is `after_0` and `after_1` on."""
    return Query(_one_page(_GROUPS, GROUP_ORDER, after=after))


GROUPS_OF_IDS = Query(
    select(
        Group.id,
        Group.name,
        Group.role,
        select(func.count())
        .select_from(GroupMember)
        .where(GroupMember.group_id == Group.id)
        .correlate(Group)
        .scalar_subquery()
        .label("members"),
    )
    .where(Group.id == any_(bindparam("ids", type_=ARRAY(Uuid()))))
    .order_by(Group.name, Group.id)
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


def _sees(when: str) -> ColumnElement[bool]:
    """Whether the person of the surrounding row sees a space granted to the groups `{when}_groups`, or to
    everybody when `{when}_everybody`."""
    groups = bindparam(f"{when}_groups", type_=ARRAY(Uuid()))
    joined = select(GroupMember.group_id).where(
        GroupMember.person_id == Person.id, GroupMember.group_id == any_(groups)
    )
    by_role = select(Group.id).where(Group.role == any_(Person.roles), Group.id == any_(groups))
    everybody = bindparam(f"{when}_everybody", type_=Boolean())
    return or_(everybody, joined.correlate(Person).exists(), by_role.correlate(Person).exists())


SEE_ONLY_NOW = Query(
    select(Person.id, Person.name, func.count().over().label("total"))
    .where(Person.sub.is_not(None), Person.active, _sees("now"), not_(_sees("then")))
    .order_by(Person.name, Person.id)
    .limit(bindparam("limit", type_=BigInteger()))
)
"""People with an account who see by the groups of `now` and not by those of `then`; `total` counts all."""
