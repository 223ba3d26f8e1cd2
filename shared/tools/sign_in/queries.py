"""Who is asking, in one statement: the person with all their groups."""

from typing import Any

from sqlalchemy import ScalarSelect, any_, bindparam, func, select

from shared.db.query import Query
from shared.tools.people.models import Person
from shared.tools.sign_in.models import WebSession
from shared.tools.spaces.models import Group, GroupMember


def _groups() -> ScalarSelect[Any]:
    """The groups a person was added to, and those bound to one of their roles."""
    joined = select(GroupMember.group_id).where(GroupMember.person_id == Person.id).correlate(Person)
    by_role = select(Group.id).where(Group.role == any_(Person.roles)).correlate(Person)
    together = joined.union_all(by_role).subquery("own_groups")
    return select(func.array_agg(together.c.group_id)).scalar_subquery()


_PERSON: tuple[Any, ...] = (Person.id, Person.sub, Person.name, Person.roles, Person.active, Person.time_zone)

BY_SUBJECT = Query(select(*_PERSON, _groups().label("groups")).where(Person.sub == bindparam("sub")))
BY_SESSION = Query(
    select(
        *_PERSON,
        _groups().label("groups"),
        WebSession.id.label("session_id"),
        WebSession.refreshed_at,
        WebSession.tokens_expire_at,
    )
    .join(WebSession, WebSession.person_id == Person.id)
    .where(WebSession.id == bindparam("session_id"), WebSession.expires_at > bindparam("now"))
)
TOKENS = Query(select(WebSession.tokens).where(WebSession.id == bindparam("session_id")))
