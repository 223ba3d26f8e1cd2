"""What administrators do with signing keys."""

from dataclasses import dataclass
from datetime import datetime

from pydantic import BaseModel, ConfigDict
from sqlalchemy import select

from identity_service.admin.access import Admin
from identity_service.audit import service as audit
from identity_service.keys.models import SigningKey


@dataclass(frozen=True, slots=True)
class KeyView:
    """A signing key, without its private part. It signs from `signs_from` until `retired_at`."""

    kid: str
    algorithm: str
    created_at: datetime
    signs_from: datetime
    retired_at: datetime | None


@dataclass(frozen=True, slots=True)
class KeyList:
    """All keys that are kept."""

    data: list[KeyView]
    next_cursor: str | None = None


class Rotation(BaseModel):
    """`at_once` is for keys that somebody stole: nothing that they signed is believed any more."""

    model_config = ConfigDict(extra="forbid")

    at_once: bool = False


async def keys(admin: Admin) -> list[KeyView]:
    """The newest first."""
    found = await admin.visit.session.scalars(
        select(SigningKey).order_by(SigningKey.signs_from.desc(), SigningKey.kid)
    )
    return [KeyView(key.kid, key.algorithm, key.created_at, key.signs_from, key.retired_at) for key in found]


async def rotate(admin: Admin, *, at_once: bool) -> None:
    visit = admin.visit
    await visit.services.keys.rotate(visit.session, visit.now, at_once=at_once)
    audit.record(
        visit.session, "keys.rotated", at=visit.now, address=visit.address, by=admin.by, at_once=at_once
    )
