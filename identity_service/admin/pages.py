"""The smaller pages of the console: organisations, policies, keys, the audit log."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Form, Request
from pydantic import ValidationError
from starlette.responses import Response, StreamingResponse

from identity_service.admin.frame import Acting, Looking, console, console_router
from identity_service.admin.keys import service as keys
from identity_service.admin.log import service as log
from identity_service.admin.log.service import AuditAsked, WithinTime
from identity_service.admin.organisations import service as organisations
from identity_service.admin.organisations.schemas import OrganisationChange, OrganisationsAsked
from identity_service.admin.policies import service as policies
from identity_service.admin.policies.service import PolicyChange
from identity_service.admin.words import said
from identity_service.web import REALMS, see_other
from shared.kernel.errors import Invalid, NotFound
from shared.web.forms import read
from shared.web.limits import Limits

router = console_router()
Text = Annotated[str, Form(max_length=254)]
Number = Annotated[int, Form()]
_ASKED = {"account": "account_id"}


@router.get("/admin/organisations")
async def all_organisations(request: Request, admin: Looking, cursor: str | None = None) -> Response:
    rows, older = await organisations.organisations(admin, OrganisationsAsked(cursor=cursor))
    return console(request, admin, "organisations.html", here="organisations", rows=rows, older=older)


@router.post("/admin/organisations/make")
async def make_organisation(admin: Acting, name: Text = "", partner: Text = "") -> Response:
    await organisations.create(admin, _organisation(name, partner))
    return see_other("/admin/organisations?done=changed")


@router.get("/admin/organisations/{organisation_id}")
async def organisation(request: Request, admin: Looking, organisation_id: UUID) -> Response:
    found = await organisations.organisation(admin, organisation_id)
    return console(request, admin, "organisation.html", here="organisations", organisation=found)


@router.post("/admin/organisations/{organisation_id}/change")
async def change_organisation(
    admin: Acting, organisation_id: UUID, name: Text = "", partner: Text = ""
) -> Response:
    await organisations.change(admin, organisation_id, _organisation(name, partner))
    return see_other(f"/admin/organisations/{organisation_id}?done=changed")


@router.post("/admin/organisations/{organisation_id}/remove")
async def remove_organisation(admin: Acting, organisation_id: UUID, name: Text = "") -> Response:
    await organisations.remove(admin, organisation_id, name=name)
    return see_other("/admin/organisations?done=removed")


def _organisation(name: str, partner: str) -> OrganisationChange:
    try:
        return OrganisationChange(name=name, is_partner=bool(partner))
    except ValidationError as refusal:
        raise Invalid(said(refusal)) from None


@router.get("/admin/policies")
async def all_policies(request: Request, admin: Looking) -> Response:
    return console(
        request, admin, "policies.html", here="policies", policies=await policies.all_policies(admin)
    )


@router.post("/admin/policies/{realm}")
async def change_policy(
    admin: Acting,
    realm: str,
    mfa: Text = "",
    passkeys: Text = "",
    length: Number = 8,
    days: Number = 30,
) -> Response:
    if realm not in REALMS:
        raise NotFound
    try:
        wanted = PolicyChange(
            requires_mfa=bool(mfa),
            allows_passkeys=bool(passkeys),
            password_min_length=length,
            remembered_device_days=days,
        )
    except ValidationError as refusal:
        raise Invalid(said(refusal)) from None
    await policies.change(admin, realm, wanted)
    return see_other("/admin/policies?done=changed")


@router.get("/admin/keys")
async def all_keys(request: Request, admin: Looking) -> Response:
    return console(request, admin, "keys.html", here="keys", keys=await keys.keys(admin))


@router.post("/admin/keys/rotate")
async def rotate_keys(admin: Acting, when: Text = "") -> Response:
    await keys.rotate(admin, at_once=when == "at-once")
    return see_other("/admin/keys?done=rotated")


@router.get("/admin/audit")
async def audit(
    request: Request,
    admin: Looking,
    event: str = "",
    actor: str = "",
    account: str = "",
    result: str = "",
    cursor: str | None = None,
) -> Response:
    filters = {"event": event, "actor": actor, "account": account, "result": result}
    named: dict[str, Any] = {_ASKED.get(name, name): value for name, value in filters.items() if value}
    rows, older = await log.search(admin, read(AuditAsked, cursor=cursor, **named))
    return console(request, admin, "audit.html", here="audit", rows=rows, older=older, filters=filters)


@router.post("/admin/audit/export")
async def export(request: Request, admin: Acting) -> Response:
    limits: Limits = request.app.state.limits
    limits.count_export(request.scope, str(admin.account.id))
    headers = {"Content-Disposition": 'attachment; filename="audit.ndjson"', "Cache-Control": "no-store"}
    return StreamingResponse(
        log.export(admin, WithinTime()), headers=headers, media_type="application/x-ndjson"
    )
