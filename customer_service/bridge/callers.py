"""Who may call, and what: the table at the top of the bridge's specification, as rules that can be read."""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from customer_service.bridge.errors import (
    MissingScope,
    NotCustomerFacing,
    NotDelegated,
    NotForPeople,
    NotForPrograms,
    PurgeOverdue,
    UnknownCaller,
)
from shared.oidc.claims import Claims, Realm

CUSTOMER_FACING: Final = "customer_facing"
LONGEST_DELEGATION: Final = 300
"""Seconds that an exchanged token may live."""


@dataclass(frozen=True, slots=True)
class Caller:
    """A registered consumer, with the token it came with.

    `subject` is a code for the member of staff it acts for; None when it acts for itself.
    """

    claims: Claims
    consumer: UUID
    purposes: tuple[str, ...]
    audiences: tuple[str, ...]
    acknowledged: int
    overdue: bool
    subject: str | None

    @property
    def client(self) -> str:
        return client_of(self.claims)


@dataclass(frozen=True, slots=True)
class Rule:
    """What a route asks of its caller."""

    scope: str
    people: bool
    programs: bool
    even_when_overdue: bool = False


READ: Final = Rule("bridge:read", people=True, programs=True)
REPLY: Final = Rule("bridge:reply", people=True, programs=False)
FOLLOW: Final = Rule("bridge:changes", people=False, programs=True, even_when_overdue=True)
BOOKS: Final = Rule("bridge:ledger", people=False, programs=True)


def client_of(claims: Claims) -> str:
    """The program that calls: the acting party of a delegation, else the client itself."""
    return claims.act.sub if claims.act else claims.client_id


def refuse_strangers(claims: Claims) -> None:
    """Customers never call. Raises `UnknownCaller`."""
    if claims.realm not in (None, Realm.STAFF):
        raise UnknownCaller


def check(rule: Rule, caller: Caller) -> None:
    """Every clause in order; the first that does not hold refuses."""
    for clause in CLAUSES:
        clause(rule, caller)


def _delegation_is_whole(rule: Rule, caller: Caller) -> None:
    """Staff come only by token exchange (RFC 8693), with `act`; a program for itself has no `act`."""
    claims = caller.claims
    if not claims.is_person:
        if claims.act is not None or claims.sub != claims.client_id:
            raise NotDelegated
        return
    if claims.act is None or claims.act.sub != claims.client_id:
        raise NotDelegated
    if claims.exp - claims.iat > LONGEST_DELEGATION:
        raise NotDelegated("An exchanged token lives five minutes at most.")


def _staff_has_the_role(rule: Rule, caller: Caller) -> None:
    if caller.claims.is_person and CUSTOMER_FACING not in caller.claims.roles:
        raise NotCustomerFacing


def _is_the_right_sort(rule: Rule, caller: Caller) -> None:
    if caller.claims.is_person and not rule.people:
        raise NotForPeople
    if not caller.claims.is_person and not rule.programs:
        raise NotForPrograms


def _has_the_scope(rule: Rule, caller: Caller) -> None:
    if not caller.claims.allows(rule.scope):
        raise MissingScope(f"This call needs the scope {rule.scope}", data={"scope": rule.scope})


def _has_purged(rule: Rule, caller: Caller) -> None:
    if caller.overdue and not rule.even_when_overdue:
        raise PurgeOverdue


CLAUSES: Final[tuple[Callable[[Rule, Caller], None], ...]] = (
    _delegation_is_whole,
    _staff_has_the_role,
    _is_the_right_sort,
    _has_the_scope,
    _has_purged,
)


def disguised(subject: str, secret: str) -> str:
    """The same code for the same person, which only this process can make."""
    key = hashlib.sha256(b"subject:" + secret.encode()).digest()
    return hmac.digest(key, subject.encode(), "sha256")[:16].hex()
