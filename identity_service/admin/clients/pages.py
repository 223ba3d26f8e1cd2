"""Applications in the console."""

import json
from typing import Any

from fastapi import Request
from starlette.responses import Response

from identity_service.admin import forms
from identity_service.admin.access import Admin
from identity_service.admin.clients import service
from identity_service.admin.clients.form import CREATE, GROUPS
from identity_service.admin.clients.schemas import ClientCreate, ClientsAsked, SecretRotation
from identity_service.admin.frame import (
    Acting,
    Filling,
    Looking,
    NotTaken,
    Text,
    console,
    console_router,
    shown_once,
    unconfirmed,
)
from identity_service.clients.metadata import ClientMetadata
from identity_service.web import see_other
from shared.kernel.errors import Problem
from shared.web.forms import NOTHING_WRONG, Refusal
from shared.web.forms import read as read_form

router = console_router()
ONE = "/admin/clients/{client_id}"


@router.get("/admin/clients")
async def clients(request: Request, admin: Looking, q: str = "", cursor: str | None = None) -> Response:
    rows, older = await service.found(admin, ClientsAsked(q=q[:200], cursor=cursor))
    return console(request, admin, "clients.html", here="clients", clients=rows, q=q, older=older)


@router.get("/admin/clients/new")
async def ask_for_client(request: Request, admin: Filling) -> Response:
    return _form(request, admin, forms.empty(CREATE, ClientCreate))


@router.post("/admin/clients/new/make")
async def make(request: Request, admin: Acting) -> Response:
    typed = forms.read(CREATE, await request.form())
    try:
        wanted = read_form(ClientCreate, **forms.document(CREATE, typed))
        made, secret = await service.create(admin, wanted)
    except Problem as problem:
        refused = forms.refusal(CREATE, problem, about="id")
        raise NotTaken(_form(request, admin, typed, refused)) from None
    shown_once(request, _done_at(made.id, "made"))
    return await _shown(request, admin, made.id, secret=secret or "")


@router.get(ONE)
async def client(request: Request, admin: Looking, client_id: str) -> Response:
    return await _shown(request, admin, client_id)


@router.post(ONE + "/change")
async def change(request: Request, admin: Acting, client_id: str) -> Response:
    row = await service.client(admin, client_id)
    typed = forms.read(GROUPS, await request.form())
    try:
        wanted = read_form(ClientMetadata, **forms.document(GROUPS, typed))
        _, secret = await service.change(admin, row, wanted)
    except Problem as problem:
        refused = forms.refusal(GROUPS, problem, about="name")
        again = await _shown(request, admin, client_id, typed=typed, refused=refused)
        raise NotTaken(again) from None
    if secret:
        shown_once(request, _done_at(client_id, "made"))
        return await _shown(request, admin, client_id, secret=secret)
    return _done(client_id, "changed")


@router.post(ONE + "/secret")
async def rotate_secret(request: Request, admin: Acting, client_id: str, when: Text = "") -> Response:
    row = await service.client(admin, client_id)
    secret = await service.rotate_secret(admin, row, SecretRotation(at_once=when == "at-once"))
    shown_once(request, _done_at(client_id, "made"))
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
async def remove(request: Request, admin: Acting, client_id: str, name: Text = "") -> Response:
    row = await service.client(admin, client_id)
    try:
        await service.remove(admin, row, name=name)
    except Problem as problem:
        refused = unconfirmed(problem)
        raise NotTaken(await _shown(request, admin, client_id, confirmation=name, refused=refused)) from None
    return see_other("/admin/clients?done=removed")


def _done_at(client_id: str, what: str) -> str:
    return f"/admin/clients/{client_id}?done={what}"


def _done(client_id: str, what: str) -> Response:
    return see_other(_done_at(client_id, what))


def _form(
    request: Request, admin: Admin, typed: dict[str, Any], refused: Refusal = NOTHING_WRONG
) -> Response:
    return console(
        request,
        admin,
        "client_new.html",
        here="clients",
        groups=forms.shown(CREATE, typed, ClientCreate, refused),
        typed=typed,
        refused=refused,
    )


async def _shown(
    request: Request,
    admin: Admin,
    client_id: str,
    *,
    secret: str = "",
    confirmation: str = "",
    typed: dict[str, Any] | None = None,
    refused: Refusal = NOTHING_WRONG,
) -> Response:
    view = service.view(await service.client(admin, client_id), admin.visit.now)
    typed = typed or forms.filled(GROUPS, view.metadata)
    unusual = {name: value for name, value in view.metadata.items() if value not in (None, [])}
    return console(
        request,
        admin,
        "client.html",
        here="clients",
        client=view,
        secret=secret,
        confirmation=confirmation,
        groups=forms.shown(GROUPS, typed, ClientMetadata, refused),
        typed=typed,
        refused=refused,
        facts=forms.facts(GROUPS, view.metadata),
        document=json.dumps(unusual, indent=2),
    )
