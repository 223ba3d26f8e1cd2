"""Applications in the console."""

import json
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from pydantic import ValidationError
from starlette.responses import Response

from identity_service.admin.access import Admin
from identity_service.admin.clients import service
from identity_service.admin.clients.schemas import ClientCreate, ClientsAsked, SecretRotation
from identity_service.admin.frame import Acting, Looking, console
from identity_service.admin.words import said
from identity_service.clients.metadata import ClientMetadata
from identity_service.web import see_other
from shared.kernel.errors import Problem

router = APIRouter(include_in_schema=False)
Text = Annotated[str, Form(max_length=254)]
Document = Annotated[str, Form(max_length=100_000)]
ONE = "/admin/clients/{client_id}"
EXAMPLE = {
    "id": "my-app",
    "name": "My app",
    "token_endpoint_auth_method": "client_secret_basic",
    "grant_types": ["authorization_code", "refresh_token"],
    "redirect_uris": ["https://app.example.com/callback"],
    "realms": ["customer"],
    "scopes": ["openid", "profile", "email"],
    "audiences": [],
}


@router.get("/admin/clients")
async def clients(request: Request, admin: Looking, q: str = "", cursor: str | None = None) -> Response:
    rows, older = await service.found(admin, ClientsAsked(q=q[:200], cursor=cursor))
    return console(request, admin, "clients.html", here="clients", clients=rows, q=q, older=older)


@router.get("/admin/clients/new")
async def ask_for_client(request: Request, admin: Looking) -> Response:
    return _form(request, admin, json.dumps(EXAMPLE, indent=2))


@router.post("/admin/clients/new/make")
async def make(request: Request, admin: Acting, document: Document = "") -> Response:
    try:
        made, secret = await service.create(admin, ClientCreate.model_validate_json(document))
    except (ValidationError, Problem) as refusal:
        return _form(request, admin, document, error=said(refusal))
    return await _shown(request, admin, made.id, secret=secret or "")


@router.get(ONE)
async def client(request: Request, admin: Looking, client_id: str) -> Response:
    return await _shown(request, admin, client_id)


@router.post(ONE + "/change")
async def change(request: Request, admin: Acting, client_id: str, document: Document = "") -> Response:
    row = await service.client(admin, client_id)
    try:
        _, secret = await service.change(admin, row, ClientMetadata.model_validate_json(document))
    except (ValidationError, Problem) as refusal:
        return await _shown(request, admin, client_id, document=document, error=said(refusal))
    if secret:
        return await _shown(request, admin, client_id, secret=secret)
    return _done(client_id, "changed")


@router.post(ONE + "/secret")
async def rotate_secret(request: Request, admin: Acting, client_id: str, when: Text = "") -> Response:
    row = await service.client(admin, client_id)
    secret = await service.rotate_secret(admin, row, SecretRotation(at_once=when == "at-once"))
    return await _shown(request, admin, client_id, secret=secret)


@router.post(ONE + "/disable")
async def disable(admin: Acting, client_id: str) -> Response:
    await service.disable(admin, await service.client(admin, client_id))
    return _done(client_id, "changed")


@router.post(ONE + "/enable")
async def enable(admin: Acting, client_id: str) -> Response:
    await service.enable(admin, await service.client(admin, client_id))
    return _done(client_id, "changed")


@router.post(ONE + "/remove")
async def remove(admin: Acting, client_id: str, name: Text = "") -> Response:
    await service.remove(admin, await service.client(admin, client_id), name=name)
    return see_other("/admin/clients?done=removed")


def _done(client_id: str, what: str) -> Response:
    return see_other(f"/admin/clients/{client_id}?done={what}")


def _form(request: Request, admin: Admin, document: str, *, error: str = "") -> Response:
    status = 422 if error else 200
    return console(
        request, admin, "client_new.html", here="clients", status=status, document=document, error=error
    )


async def _shown(
    request: Request, admin: Admin, client_id: str, *, secret: str = "", document: str = "", error: str = ""
) -> Response:
    row = await service.client(admin, client_id)
    view = service.view(row, admin.visit.now)
    unusual: dict[str, Any] = {
        name: value for name, value in view.metadata.items() if value not in (None, [])
    }
    return console(
        request,
        admin,
        "client.html",
        here="clients",
        status=422 if error else 200,
        client=view,
        secret=secret,
        document=document or json.dumps(unusual, indent=2),
        error=error,
    )
