"""The section `upstreams`."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from identity_service.configuration.changes import Act, Change, differences
from identity_service.configuration.schemas import AppliedUpstream
from identity_service.sealing import CannotUnseal, Sealer
from identity_service.upstreams import service as upstreams
from identity_service.upstreams.models import Upstream
from identity_service.upstreams.provider import SECRET_PURPOSE
from identity_service.upstreams.schemas import OIDC, SAML, SamlSettings, UpstreamSettings, settings_of
from identity_service.visit import Visit

_MODELS: dict[str, type[UpstreamSettings | SamlSettings]] = {OIDC: UpstreamSettings, SAML: SamlSettings}


async def plan(visit: Visit, wanted: Sequence[AppliedUpstream]) -> list[Change]:
    """What would change of the providers."""
    found = await visit.session.scalars(select(Upstream).where(Upstream.id.in_([one.id for one in wanted])))
    present = {upstream.id: upstream for upstream in found}
    sealer = visit.services.sealer
    changes = [_change(upstream, present.get(upstream.id), sealer) for upstream in wanted]
    return [change for change in changes if change is not None]


def _change(wanted: AppliedUpstream, present: Upstream | None, sealer: Sealer) -> Change | None:
    what = f"upstream {wanted.id}"
    if wanted.state == "absent":
        return Change("-", what, (), _remove(wanted.id)) if present is not None else None
    values = described(wanted)
    if present is None:
        return Change("+", what, differences(_defaults(wanted.kind), values), _keep(wanted))
    fields = differences(described(present), values)
    if wanted.secret is not None and _secret_of(present, sealer) != wanted.secret:
        fields += ("secret: another",)
    return Change("~", what, fields, _keep(wanted)) if fields else None


def _secret_of(present: Upstream, sealer: Sealer) -> str | None:
    """None for one sealed with a key that is not ours any more: the file's replaces it."""
    if present.sealed_secret is None:
        return None
    try:
        return sealer.unseal(present.sealed_secret, purpose=SECRET_PURPOSE).decode()
    except CannotUnseal:
        return None


def _keep(wanted: AppliedUpstream) -> Act:
    async def act(visit: Visit) -> Sequence[str]:
        settings = _MODELS[wanted.kind](**described(wanted))
        await upstreams.keep(visit, wanted.id, settings, secret=wanted.secret, by="file")
        return []

    return act


def _remove(upstream_id: str) -> Act:
    async def act(visit: Visit) -> Sequence[str]:
        upstream = await visit.session.get(Upstream, upstream_id)
        if upstream is not None:
            await upstreams.remove(visit, upstream, by="file")
        return []

    return act


def described(upstream: AppliedUpstream | Upstream) -> dict[str, Any]:
    """The settings as plain values, in the order of the file."""
    settings = settings_of(upstream) if isinstance(upstream, Upstream) else upstream
    return settings.model_dump(include=set(_MODELS[settings.kind].model_fields))


async def export(visit: Visit) -> list[dict[str, Any]]:
    """Every provider, without secrets and without what is as by default."""
    return [{"id": upstream.id} | _unusual(upstream) for upstream in await upstreams.all_upstreams(visit)]


def _unusual(upstream: Upstream) -> dict[str, Any]:
    defaults = _defaults(upstream.kind)
    return {name: value for name, value in described(upstream).items() if value != defaults[name]}


def _defaults(kind: str) -> dict[str, Any]:
    return {
        name: None if field.is_required() else field.get_default()
        for name, field in _MODELS[kind].model_fields.items()
    }
