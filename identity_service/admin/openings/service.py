"""What administrators do with initial access tokens (RFC 7591 section 3)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select

from identity_service.admin.access import Admin
from identity_service.audit import service as audit
from identity_service.registration import service as registration
from identity_service.registration.models import InitialAccessToken
from shared.kernel.errors import NotFound
from shared.web.fields import Name


@dataclass(frozen=True, slots=True)
class OpeningView:
    """A token with which clients register themselves; what it reads is shown once, when it is made."""

    id: UUID
    note: str
    realms: list[str]
    uses_left: int | None
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class OpeningList:
    """All initial access tokens that are still good."""

    data: list[OpeningView]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """The token, shown only now."""

    token: str


class OpeningCreate(BaseModel):
    """For whom, for whose people, how often and how long. `uses` is empty for any number of clients."""

    model_config = ConfigDict(extra="forbid")

    note: Name
    realms: Annotated[list[Literal["staff", "customer"]], Field(min_length=1, max_length=2)] = ["customer"]
    uses: Annotated[int | None, Field(ge=1, le=1000)] = 1
    days: Annotated[int, Field(ge=1, le=365)] = 7


async def openings(admin: Admin) -> list[OpeningView]:
    found = await admin.visit.session.scalars(
        select(InitialAccessToken)
        .where(InitialAccessToken.expires_at > admin.visit.now)
        .order_by(InitialAccessToken.created_at.desc())
    )
    return [
        OpeningView(one.id, one.note, one.realms, one.uses_left, one.created_at, one.expires_at)
        for one in found
    ]


async def create(admin: Admin, wanted: OpeningCreate) -> str:
    """The token."""
    token = await registration.open_door(
        admin.visit,
        note=wanted.note,
        realms=sorted(set(wanted.realms)),
        uses=wanted.uses,
        life=timedelta(days=wanted.days),
    )
    _record(admin, "registration.opened_by", note=wanted.note)
    return token


async def close(admin: Admin, opening_id: UUID) -> None:
    """Raises NotFound."""
    found = await admin.visit.session.get(InitialAccessToken, opening_id)
    if found is None:
        raise NotFound
    await admin.visit.session.delete(found)
    await admin.visit.session.flush()
    _record(admin, "registration.closed", opening=str(opening_id))


def _record(admin: Admin, event: str, **details: Any) -> None:
    audit.record(
        admin.visit.session, event, at=admin.visit.now, address=admin.visit.address, by=admin.by, **details
    )
