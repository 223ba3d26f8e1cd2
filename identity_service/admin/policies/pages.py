"""Sign-in policies in the console."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from fastapi import Request
from starlette.responses import Response

from identity_service.admin.access import Admin
from identity_service.admin.frame import Acting, Looking, NotTaken, Text, console, console_router
from identity_service.admin.policies import service
from identity_service.admin.policies.service import PolicyChange
from identity_service.web import REALMS, see_other
from shared.kernel.errors import NotFound, Problem
from shared.web.forms import NOTHING_WRONG, Refusal, read

router = console_router()
LIST = "/admin/policies"
_LABELS = {"password_min_length": "Least length of passwords", "remembered_device_days": "Days"}


@router.get(LIST)
async def policies(request: Request, admin: Looking) -> Response:
    return await _page(request, admin)


@router.post(LIST + "/{realm}")
async def change(
    request: Request,
    admin: Acting,
    realm: str,
    requires_mfa: Text = "",
    allows_passkeys: Text = "",
    password_min_length: Text = "",
    remembered_device_days: Text = "",
) -> Response:
    if realm not in REALMS:
        raise NotFound
    typed: dict[str, Any] = {
        "requires_mfa": bool(requires_mfa),
        "allows_passkeys": bool(allows_passkeys),
        "password_min_length": password_min_length,
        "remembered_device_days": remembered_device_days,
    }
    try:
        await service.change(admin, realm, read(PolicyChange, **typed))
    except Problem as problem:
        ids = {name: f"f-{name}-{realm}" for name in typed}
        refused = Refusal(problem, ids=ids, labels=_LABELS)
        raise NotTaken(await _page(request, admin, {realm: typed}, refused)) from None
    return see_other(f"{LIST}?done=changed")


async def _page(
    request: Request,
    admin: Admin,
    typed: Mapping[str, dict[str, Any]] = MappingProxyType({}),
    refused: Refusal = NOTHING_WRONG,
) -> Response:
    """`typed` by realm: what is wrong stands in the form of that realm alone."""
    shown = [
        (view.realm, typed.get(view.realm, view), refused if view.realm in typed else NOTHING_WRONG)
        for view in await service.all_policies(admin)
    ]
    return console(request, admin, "policies.html", here="policies", policies=shown, refused=refused)
