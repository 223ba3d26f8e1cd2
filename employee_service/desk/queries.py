"""Every SELECT of the desk."""

from typing import Any, Final

from sqlalchemy import BigInteger, Integer, ScalarSelect, Text, Uuid, any_, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import aliased

from employee_service.desk.ledger import BOOK
from employee_service.desk.models import (
    DeskAssignment,
    DeskFeed,
    DeskNote,
    DeskReply,
    DeskThread,
    KnownHead,
    LedgerCrossing,
    LedgerRef,
    PendingCrossing,
)
from shared.db.query import Query
from shared.tools.people.models import Person

LATEST: Final = 100
"""Notes of a thread, and answers to it, that are shown; older ones are in the database."""
_REF: Final = bindparam("ref", type_=Text())
_Assignee = aliased(Person, name="assignee")


def _notes() -> ScalarSelect[Any]:
    return (
        select(func.count())
        .select_from(DeskNote)
        .where(DeskNote.ref == DeskThread.ref)
        .correlate(DeskThread)
        .scalar_subquery()
    )


def _waiting() -> ScalarSelect[Any]:
    return (
        select(func.count())
        .select_from(DeskReply)
        .where(DeskReply.ref == DeskThread.ref, DeskReply.state == "queued")
        .correlate(DeskThread)
        .scalar_subquery()
    )


_FACTS: Final = (
    select(
        DeskThread.ref,
        DeskThread.seen_at,
        DeskThread.withdrawn_at,
        _notes().label("notes"),
        _waiting().label("waiting"),
        _Assignee.id.label("assignee_id"),
        _Assignee.name.label("assignee_name"),
    )
    .outerjoin(DeskAssignment, DeskAssignment.ref == DeskThread.ref)
    .outerjoin(_Assignee, _Assignee.id == DeskAssignment.person_id)
)

FACTS: Final = Query(_FACTS.where(DeskThread.ref == any_(bindparam("refs", type_=ARRAY(Text())))))
FACTS_OF_ONE: Final = Query(_FACTS.where(DeskThread.ref == _REF))
KNOWN: Final = Query(
    _FACTS.where(DeskThread.withdrawn_at.is_(None)).order_by(DeskThread.seen_at.desc()).limit(100)
)
"""What the desk knows without asking the bridge."""
FOLLOWED: Final = Query(select(DeskFeed.followed_at))
WITHDRAWN: Final = Query(
    _FACTS.where(
        DeskThread.withdrawn_at.is_not(None),
        select(DeskNote.id).where(DeskNote.ref == DeskThread.ref).correlate(DeskThread).exists(),
    )
    .order_by(DeskThread.withdrawn_at.desc(), DeskThread.ref)
    .limit(50)
)
"""The newest of those that are gone and about which there are notes."""

NOTES: Final = Query(
    select(
        DeskNote.id,
        DeskNote.body,
        DeskNote.html,
        DeskNote.created_at,
        Person.id.label("author_id"),
        Person.name.label("author_name"),
    )
    .join(Person, Person.id == DeskNote.author_id)
    .where(DeskNote.ref == _REF)
    .order_by(DeskNote.created_at.desc(), DeskNote.id.desc())
    .limit(LATEST)
)
REPLIES: Final = Query(
    select(
        DeskReply.id,
        DeskReply.body,
        DeskReply.public_name,
        DeskReply.state,
        DeskReply.reason,
        DeskReply.queued_at,
        DeskReply.settled_at,
        Person.id.label("author_id"),
        Person.name.label("author_name"),
    )
    .join(Person, Person.id == DeskReply.author_id)
    .where(DeskReply.ref == _REF)
    .order_by(DeskReply.queued_at.desc(), DeskReply.id.desc())
    .limit(LATEST)
)
"""Both newest first."""
REPLY: Final = select(DeskReply).where(DeskReply.id == bindparam("reply_id", type_=Uuid())).with_for_update()

LEDGER: Final = (
    select(LedgerCrossing)
    .where(LedgerCrossing.book == BOOK, LedgerCrossing.number > bindparam("after", type_=BigInteger()))
    .order_by(LedgerCrossing.number)
    .limit(bindparam("limit", type_=Integer()))
)
LEDGER_REFS: Final = (
    select(LedgerRef.crossing_id, LedgerRef.ref)
    .where(LedgerRef.crossing_id == any_(bindparam("crossing_ids", type_=ARRAY(Text()))))
    .order_by(LedgerRef.crossing_id, LedgerRef.position)
)
PENDING: Final = select(PendingCrossing).order_by(PendingCrossing.arrival)
HEAD: Final = (
    select(KnownHead.number, KnownHead.hash)
    .where(KnownHead.side == bindparam("side", type_=Text()))
    .order_by(KnownHead.number.desc())
    .limit(1)
)
