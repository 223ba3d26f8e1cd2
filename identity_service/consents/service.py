"""Remembering what people agreed to, telling them, and taking it back."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from identity_service.audit import service as audit
from identity_service.consents import queries
from identity_service.consents.errors import NoSuchConsent
from identity_service.consents.models import Consent
from identity_service.grants import service as grants
from identity_service.visit import Caller, Visit


@dataclass(frozen=True, slots=True)
class ConsentView:
    """What one client may do for the person who agreed, at one audience."""

    client_id: str
    client_name: str
    client_uri: str | None
    audience: str
    scopes: tuple[str, ...]
    given_at: datetime
    updated_at: datetime


async def covers(
    visit: Visit, account_id: UUID, client_id: str, *, audiences: Collection[str], scopes: Iterable[str]
) -> bool:
    """Whether the person agreed to all of it before, at each of the audiences."""
    rows = await visit.session.scalars(
        select(Consent).where(Consent.account_id == account_id, Consent.client_id == client_id)
    )
    given = {row.audience: frozenset(row.scopes) for row in rows}
    wanted = frozenset(scopes)
    return bool(audiences) and all(audience in given and wanted <= given[audience] for audience in audiences)


async def give(
    visit: Visit, account_id: UUID, client_id: str, *, audiences: Iterable[str], scopes: Iterable[str]
) -> None:
    """Remember that the person agreed; what they agreed to before stays."""
    wanted = frozenset(scopes)
    for audience in sorted(set(audiences)):
        new = {"account_id": account_id, "client_id": client_id, "audience": audience}
        times = {"given_at": visit.now, "updated_at": visit.now}
        await visit.session.execute(
            insert(Consent).values(**new, **times, scopes=[]).on_conflict_do_nothing()
        )
        row = await visit.session.get_one(Consent, new, with_for_update=True, populate_existing=True)
        row.scopes, row.updated_at = sorted({*row.scopes, *wanted}), visit.now
    audit.record(
        visit.session,
        "consent.given",
        at=visit.now,
        account_id=account_id,
        client_id=client_id,
        address=visit.address,
        audiences=sorted(set(audiences)),
        scopes=sorted(wanted),
    )


async def list_for(caller: Caller, account_id: UUID) -> list[ConsentView]:
    """What the person has agreed to and not taken back, by client."""
    rows = await caller.reader.all(queries.OF_ACCOUNT, account_id=account_id)
    return [ConsentView(**{**row, "scopes": tuple(row["scopes"])}) for row in rows]


async def revoke(visit: Visit, account_id: UUID, client_id: str) -> None:
    """Take back everything agreed with one client: it has to ask again, and its tokens end here and now.

    Raises NoSuchConsent when the person agreed to nothing.
    """
    gone = await visit.session.execute(
        delete(Consent)
        .where(Consent.account_id == account_id, Consent.client_id == client_id)
        .returning(Consent.audience)
    )
    if not gone.all():
        raise NoSuchConsent
    await grants.end_grants_of_client(visit, account_id, client_id, because="consent taken back")
    audit.record(
        visit.session,
        "consent.revoked",
        at=visit.now,
        account_id=account_id,
        client_id=client_id,
        address=visit.address,
    )
