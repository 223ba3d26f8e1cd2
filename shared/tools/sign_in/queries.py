"""Who is asking, in one statement: the person with all their groups."""

from typing import Any

from sqlalchemy import TIMESTAMP, ColumnElement, ScalarSelect, Text, any_, bindparam, func, or_, select

from shared.db.query import Query
from shared.tools.people.models import Person
from shared.tools.sign_in.models import IdentityContact, Revocation, WebSession
from shared.tools.spaces.models import Group, GroupMember


def _groups() -> ScalarSelect[Any]:
    """The groups a person was added to, and those bound to one of their roles."""
    joined = select(GroupMember.group_id).where(GroupMember.person_id == Person.id).correlate(Person)
    by_role = select(Group.id).where(Group.role == any_(Person.roles)).correlate(Person)
    together = joined.union_all(by_role).subquery("own_groups")
    return select(func.array_agg(together.c.group_id)).scalar_subquery()


def _is_revoked(sub: Any, sid: Any, issued_at: Any) -> ColumnElement[bool]:
    """Whether identity ended the session of these tokens, or all that the account had when they were made."""
    over = or_(Revocation.id == sid, Revocation.not_before >= issued_at)
    return select(Revocation.id).where(Revocation.id.in_([sub, sid]), over).exists()


def _token_is_revoked() -> ColumnElement[bool]:
    """Takes `sub`, `sid` (empty when the token names none) and `issued_at`."""
    sub, sid = bindparam("sub", type_=Text()), bindparam("sid", type_=Text())
    return _is_revoked(sub, sid, bindparam("issued_at", type_=TIMESTAMP(timezone=True)))


_PERSON: tuple[Any, ...] = (
    Person.id,
    Person.sub,
    Person.name,
    Person.roles,
    Person.told_at,
    Person.active,
    Person.time_zone,
)

BY_SUBJECT = Query(
    select(*_PERSON, _groups().label("groups"), _token_is_revoked().label("revoked")).where(
        Person.sub == bindparam("sub", type_=Text())
    )
)
IS_REVOKED = Query(select(_token_is_revoked().label("revoked")))
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
    .where(~_is_revoked(Person.sub, WebSession.identity_sid, WebSession.created_at))
)
TOKENS = Query(select(WebSession.tokens).where(WebSession.id == bindparam("session_id")))
CONTACT = Query(select(IdentityContact.answered_at))
