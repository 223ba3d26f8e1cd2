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
    visit: Visit,
    account_id: UUID,
    client_id: str,
    *,
    audiences: Iterable[str],
    scopes: Iterable[str],
    is_kept: bool = True,
) -> None:
    """Tell that the person agreed, and remember it where it may be kept; what they agreed to before stays."""
    wanted = frozenset(scopes)
    for audience in sorted(set(audiences)) if is_kept else ():
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
        remembered=is_kept,
    )


async def list_for(caller: Caller, account_id: UUID) -> list[ConsentView]:
    """What the person has agreed to and not taken back, by client."""
    rows = await caller.reader.all(queries.OF_ACCOUNT, account_id=account_id)
    return [ConsentView(**{**row, "scopes": tuple(row["scopes"])}) for row in rows]


@dataclass(frozen=True, slots=True)
class Application:
    """A program that has access to somebody's account: what was agreed to, and whether it is in use."""

    client_id: str
    name: str
    uri: str | None
    scopes: tuple[str, ...]
    since: datetime
    is_ours: bool
    is_in_use: bool


async def applications(caller: Caller, account_id: UUID) -> list[Application]:
    """Every program that has access to the account, by name: agreed to, or in use without having to ask."""
    used = {
        row["client_id"]: row
        for row in await caller.reader.all(queries.IN_USE, account_id=account_id, now=caller.now)
    }
    agreed: dict[str, list[ConsentView]] = {}
    for consent in await list_for(caller, account_id):
        agreed.setdefault(consent.client_id, []).append(consent)
    found = [_agreed_to(consents, is_in_use=client_id in used) for client_id, consents in agreed.items()]
    for client_id in used.keys() - agreed.keys():
        row = used[client_id]
        found.append(
            Application(
                client_id=client_id,
                name=row["client_name"],
                uri=row["client_uri"],
                scopes=(),
                since=row["since"],
                is_ours=row["is_first_party"],
                is_in_use=True,
            )
        )
    return sorted(found, key=lambda application: (application.name.casefold(), application.client_id))


def _agreed_to(consents: list[ConsentView], *, is_in_use: bool) -> Application:
    first = consents[0]
    return Application(
        client_id=first.client_id,
        name=first.client_name,
        uri=first.client_uri,
        scopes=tuple(dict.fromkeys(scope for consent in consents for scope in consent.scopes)),
        since=min(consent.given_at for consent in consents),
        is_ours=False,
        is_in_use=is_in_use,
    )


async def cut_off(visit: Visit, account_id: UUID, client_id: str) -> None:
    """Take away whatever access a program has. Raises NoSuchConsent when it has none."""
    if client_id not in {found.client_id for found in await applications(visit, account_id)}:
        raise NoSuchConsent
    try:
        await revoke(visit, account_id, client_id)
    except NoSuchConsent:
        because = "taken back"
        await grants.end_grants_of_client(visit, account_id, client_id, because=because)
        audit.record(
            visit.session,
            "grant.revoked",
            at=visit.now,
            account_id=account_id,
            client_id=client_id,
            address=visit.address,
            because=because,
        )


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
