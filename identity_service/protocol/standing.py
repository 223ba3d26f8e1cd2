"""On what tokens hang: a grant, the session in which it was given, and the person.

Structs of msgspec: they are made for each token, and frozen dataclasses are made slowly.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from identity_service.accounts.roles import in_tokens
from identity_service.settings import Settings
from shared.db.query import Row


class Person(msgspec.Struct, frozen=True):
    """Somebody, as tokens and UserInfo tell of them."""

    id: UUID
    realm: str
    name: str
    roles: list[str]
    email: str
    email_verified_at: datetime | None
    picture_id: UUID | None
    locale: str | None
    zoneinfo: str | None
    updated_at: datetime

    @classmethod
    def of(cls, row: Row) -> "Person":
        return cls(
            id=row["account_id"],
            realm=row["realm"],
            name=row["name"],
            roles=in_tokens(row["roles"], of_partner=bool(row["is_partner"])),
            email=row["email"],
            email_verified_at=row["email_verified_at"],
            picture_id=row["picture_id"],
            locale=row["locale"],
            zoneinfo=row["zoneinfo"],
            updated_at=row["updated_at"],
        )


class Granted(msgspec.Struct, frozen=True):
    """What one person allowed one client, in the session `sid`."""

    id: UUID
    client_id: str
    scope: str
    audiences: list[str]
    claims: dict[str, Any] | None
    dpop_jkt: str | None
    auth_time: datetime
    amr: list[str]
    sid: UUID
    person: Person

    @classmethod
    def of(cls, row: Row) -> "Granted":
        return cls(
            id=row["grant_id"],
            client_id=row["granted_to"],
            scope=row["scope"],
            audiences=row["audiences"],
            claims=row["claims"],
            dpop_jkt=row["dpop_jkt"],
            auth_time=row["auth_time"],
            amr=row["amr"],
            sid=row["sid"],
            person=Person.of(row),
        )


def goes_on(row: Row, settings: Settings, now: datetime) -> bool:
    """Whether the session of a row has not ended, by itself or by lying idle, and its account is active."""
    if row["sid"] is None or row["account_id"] is None:
        return False
    idle, _ = settings.session_life(row["realm"])
    return bool(
        row["ended_at"] is None
        and row["session_ends_at"] > now
        and row["seen_at"] > now - idle
        and row["deactivated_at"] is None
    )


def holds(row: Row, settings: Settings, now: datetime) -> bool:
    """Whether the grant of a row is still good: not revoked, not over, its session and its account alive."""
    return bool(
        row["grant_ends_at"] is not None
        and row["revoked_at"] is None
        and row["grant_ends_at"] > now
        and goes_on(row, settings, now)
    )


class SignedIn(msgspec.Struct, frozen=True):
    """Somebody in a browser: their session, and when and how they proved who they are."""

    sid: UUID
    person: Person
    auth_time: datetime
    amr: list[str]
    seen_at: datetime
    ends_at: datetime

    @classmethod
    def of(cls, row: Row) -> "SignedIn":
        return cls(
            sid=row["sid"],
            person=Person.of(row),
            auth_time=row["auth_time"],
            amr=row["amr"],
            seen_at=row["seen_at"],
            ends_at=row["session_ends_at"],
        )
