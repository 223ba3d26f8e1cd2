"""What administrators do with providers upstream."""

from typing import Any

from sqlalchemy import func, select

from identity_service.admin.access import Admin
from identity_service.admin.errors import AlreadyThere
from identity_service.admin.people.service import confirm
from identity_service.admin.upstreams.schemas import (
    Change,
    Create,
    UpstreamChange,
    UpstreamRow,
    UpstreamView,
    settings_in,
)
from identity_service.audit import service as audit
from identity_service.upstreams import service as upstreams
from identity_service.upstreams.models import Upstream, UpstreamIdentity
from identity_service.upstreams.provider import address
from identity_service.upstreams.schemas import SAML, settings_of
from shared.kernel.errors import NotFound

_PEOPLE = (
    select(func.count()).where(UpstreamIdentity.upstream_id == Upstream.id).scalar_subquery().label("people")
)


async def found(admin: Admin) -> list[UpstreamRow]:
    """All of them, by id."""
    rows = await admin.visit.session.execute(select(Upstream, _PEOPLE).order_by(Upstream.id))
    return [
        UpstreamRow(
            one.Upstream.id,
            one.Upstream.kind,
            one.Upstream.realm,
            one.Upstream.title,
            one.Upstream.issuer,
            one.Upstream.is_enabled,
            one.people,
        )
        for one in rows
    ]


async def upstream(admin: Admin, upstream_id: str) -> Upstream:
    """The provider, held until the transaction ends. Raises NotFound."""
    row = await admin.visit.session.get(Upstream, upstream_id, with_for_update=True)
    if row is None:
        raise NotFound
    return row


async def view(admin: Admin, row: Upstream) -> UpstreamView:
    people = await admin.visit.session.scalar(
        select(func.count()).where(UpstreamIdentity.upstream_id == row.id)
    )
    ours = admin.visit.settings.identity_public_url
    return UpstreamView(
        id=row.id,
        kind=row.kind,
        settings=settings_of(row),
        has_secret=row.sealed_secret is not None,
        redirect_uri=address(ours, row.id, "acs" if row.kind == SAML else "callback"),
        metadata_url=address(ours, row.id, "metadata") if row.kind == SAML else None,
        people=people or 0,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


async def create(admin: Admin, wanted: Create) -> Upstream:
    """Raises AlreadyThere, BadUpstream, UnknownRole."""
    if await admin.visit.session.get(Upstream, wanted.id) is not None:
        raise AlreadyThere
    return await _keep(admin, wanted.id, wanted)


async def change(admin: Admin, row: Upstream, wanted: Change) -> Upstream:
    """Who is connected stays so only while kind, issuer and realm are the same. Raises BadUpstream,
    UnknownRole."""
    return await _keep(admin, row.id, wanted)


async def _keep(admin: Admin, upstream_id: str, wanted: Change) -> Upstream:
    secret = wanted.secret if isinstance(wanted, UpstreamChange) else None
    return await upstreams.keep(admin.visit, upstream_id, settings_in(wanted), secret=secret, by=admin.by)


async def switch(admin: Admin, row: Upstream, *, on: bool) -> None:
    """Off: nobody signs in by way of it; who is signed in stays, and the connections stay."""
    if row.is_enabled != on:
        row.is_enabled, row.updated_at = on, admin.visit.now
        await admin.visit.session.flush()
        record(admin, "upstream.enabled" if on else "upstream.disabled", row.id)


async def remove(admin: Admin, row: Upstream, *, name: str) -> None:
    """With its connections and the roles that came by them; accounts stay. Raises NotConfirmed unless `name`
    is its id."""
    confirm(name, row.id)
    await upstreams.remove(admin.visit, row, by=admin.by)


def record(admin: Admin, event: str, upstream_id: str, **details: Any) -> None:
    audit.record(
        admin.visit.session,
        event,
        at=admin.visit.now,
        address=admin.visit.address,
        by=admin.by,
        upstream=upstream_id,
        **details,
    )
