"""Keeping providers, and what people see of them."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from identity_service.accounts.models import Account, PasswordCredential
from identity_service.audit import service as audit
from identity_service.factors import service as factors
from identity_service.roles import service as roles
from identity_service.upstreams import linking, queries
from identity_service.upstreams.errors import BadUpstream, LastWayIn
from identity_service.upstreams.models import Upstream
from identity_service.upstreams.provider import SECRET_PURPOSE
from identity_service.upstreams.saml import descriptions, equipment, keys
from identity_service.upstreams.schemas import SAML, SamlSettings, UpstreamSettings, values_of
from identity_service.visit import Caller, Visit
from shared.kernel.errors import FieldError, NotFound

log = structlog.get_logger("upstreams")


@dataclass(frozen=True, slots=True)
class Button:
    """A provider as the sign-in page names it."""

    id: str
    title: str


@dataclass(frozen=True, slots=True)
class LinkView:
    """A link with a provider, as its person sees it."""

    id: UUID
    title: str
    shown: str
    is_enabled: bool
    linked_at: datetime
    used_at: datetime


async def buttons(caller: Caller, realm: str) -> list[Button]:
    """The providers by way of which people of `realm` may sign in."""
    return [Button(row["id"], row["title"]) for row in await caller.reader.all(queries.BUTTONS, realm=realm)]


async def links_of(caller: Caller, account_id: UUID) -> list[LinkView]:
    """What an account is connected with."""
    return [LinkView(**row) for row in await caller.reader.all(queries.OWN, account_id=account_id)]


async def unlink(visit: Visit, account: Account, identity_id: UUID | None) -> None:
    """Undo a link of one's own. Raises NotFound; LastWayIn when nothing else lets the person in."""
    found = (await visit.session.scalars(queries.identities_of(account.id))).all()
    identity = next((one for one in found if one.id == identity_id), None)
    if identity is None:
        raise NotFound
    others = [one.upstream_id for one in found if one is not identity]
    if not (await _has_own_way(visit, account) or await queries.any_enabled(visit.session, others)):
        raise LastWayIn
    await linking.drop(visit, account, identity, by="self")


async def _has_own_way(visit: Visit, account: Account) -> bool:
    has_password = await visit.session.get(PasswordCredential, account.id) is not None
    return has_password or (await factors.of(visit, account)).passkeys > 0


async def all_upstreams(visit: Visit) -> Sequence[Upstream]:
    """Every provider, by id."""
    return (await visit.session.scalars(select(Upstream).order_by(Upstream.id))).all()


async def tell_what_is_missing(session: AsyncSession) -> None:
    """Who connected a provider of SAML may have moved since to where what it needs is not installed."""
    lack = equipment.missing()
    if lack and await queries.any_of_kind(session, SAML):
        log.error("providers of SAML cannot be used", because=lack)


async def keep(
    visit: Visit,
    upstream_id: str,
    settings: UpstreamSettings | SamlSettings,
    *,
    secret: str | None = None,
    by: str | None = None,
) -> Upstream:
    """Make a provider, or change it; without `secret` the one that is kept stays. Who is linked stays linked
    only while kind, issuer and realm are the same. Raises BadUpstream, UnknownRole."""
    given = [rule.role for rule in settings.role_rules]
    await roles.known(visit, settings.realm, given, field="role_rules")
    if settings.kind == SAML:
        await descriptions.check(visit, settings)
    upstream = await visit.session.get(Upstream, upstream_id)
    if secret is None:
        _require_secret(settings, upstream)
    if upstream is None:
        upstream = Upstream(id=upstream_id, kind=settings.kind, sealed_secret=None, created_at=visit.now)
        visit.session.add(upstream)
    elif any(getattr(upstream, name) != getattr(settings, name) for name in ("kind", "issuer", "realm")):
        await _forget_links(visit, upstream, by=by or "operator")
    if upstream.kind != settings.kind:
        upstream.sealed_secret = None
    for name, value in values_of(settings).items():
        setattr(upstream, name, value)
    await _seal(visit, upstream, settings, secret)
    upstream.updated_at = visit.now
    await visit.session.flush()
    _record(visit, "upstream.applied", upstream_id, by)
    return upstream


async def _seal(
    visit: Visit, upstream: Upstream, settings: UpstreamSettings | SamlSettings, secret: str | None
) -> None:
    """Keep what proves there who we are."""
    if settings.kind == SAML:
        if upstream.sealed_secret is None:
            secret = await asyncio.to_thread(keys.made, upstream.id, visit.now)
    elif settings.token_endpoint_auth_method == "none":  # noqa: S105 # the name of a method
        upstream.sealed_secret = None
        return
    if secret is not None:
        upstream.sealed_secret = visit.services.sealer.seal(secret.encode(), purpose=SECRET_PURPOSE)


def _require_secret(settings: UpstreamSettings | SamlSettings, kept: Upstream | None) -> None:
    """Raises BadUpstream when a provider of OpenID Connect wants a secret, and none is kept."""
    if settings.kind == SAML or settings.token_endpoint_auth_method == "none":  # noqa: S105 # a method
        return
    if kept is None or kept.kind != settings.kind or kept.sealed_secret is None:
        needed = f"The provider {settings.title} needs a client secret."
        raise BadUpstream(needed, fields=(FieldError("/secret", BadUpstream.code, needed),))


async def remove(visit: Visit, upstream: Upstream, *, by: str | None = None) -> None:
    """Forget a provider, with its links and the roles that came by them. Accounts stay."""
    await _forget_links(visit, upstream, by=by or "operator")
    await visit.session.delete(upstream)
    await visit.session.flush()
    _record(visit, "upstream.removed", upstream.id, by)


async def _forget_links(visit: Visit, upstream: Upstream, *, by: str) -> None:
    for identity in (await visit.session.scalars(queries.identities_at(upstream.id))).all():
        account = await visit.session.get_one(Account, identity.account_id)
        await linking.drop(visit, account, identity, by=by)


def _record(visit: Visit, event: str, upstream_id: str, by: str | None) -> None:
    audit.record(visit.session, event, at=visit.now, address=visit.address, by=by, upstream=upstream_id)
