"""Where a provider of SAML finds our metadata, and posts its answers."""

from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from identity_service.upstreams import linking, provider
from identity_service.upstreams.errors import Unsolicited, UpstreamRefused, UpstreamSilent
from identity_service.upstreams.pages import refused_page, silent_page
from identity_service.upstreams.provider import Provider
from identity_service.upstreams.saml import asking, party
from identity_service.upstreams.schemas import SAML
from identity_service.visit import Caller
from identity_service.web import Calling, see_other
from shared.kernel.errors import NotFound

router = APIRouter(include_in_schema=False)

_MEDIA_TYPE: Final = "application/samlmetadata+xml"


@router.get("/sign-in/upstream/{upstream_id}/metadata")
async def describe(caller: Calling, upstream_id: str) -> Response:
    """Our metadata, for the provider's administrator."""
    asked = await _enabled(caller, upstream_id)
    us = party.of(caller, asked)
    text = await caller.services.saml.run(lambda machine: machine.description(us))
    return Response(text, media_type=_MEDIA_TYPE)


@router.post("/sign-in/upstream/{upstream_id}/acs")
async def hear(request: Request, caller: Calling, upstream_id: str) -> Response:
    """A provider's answer, which another site's form brings: nobody is signed in by it, the browser goes on
    to where its cookie counts."""
    asked = await _enabled(caller, upstream_id)
    fields = (await request.form()).getlist("SAMLResponse")
    encoded = fields[0] if len(fields) == 1 and isinstance(fields[0], str) else ""
    try:
        state = await asking.hear(caller, asked, encoded)
    except UpstreamSilent as silence:
        return silent_page(request, asked, silence, None)
    except Unsolicited:
        if asked.terms.admits_unsolicited:
            return see_other(asked.address("", "").rstrip("/"))
        return await _refused(request, caller, asked, "unsolicited")
    except UpstreamRefused as refusal:
        return await _refused(request, caller, asked, refusal.reason)
    return see_other(f"{asked.address('', 'callback')}?state={state}")


async def _refused(request: Request, caller: Caller, asked: Provider, reason: str) -> Response:
    async with caller.begin() as visit:
        linking.refuse(visit, asked.id, reason)
    return refused_page(request, asked, reason, None)


async def _enabled(caller: Caller, upstream_id: str) -> Provider:
    """Raises NotFound, also for a provider of OpenID Connect."""
    asked = await provider.enabled(caller, upstream_id)
    if asked.kind != SAML:
        raise NotFound
    return asked
