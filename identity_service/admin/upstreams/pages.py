"""Providers upstream in the console."""

from typing import Any

from fastapi import Request
from starlette.responses import Response

from identity_service.admin import forms
from identity_service.admin.access import Admin, let_go
from identity_service.admin.frame import (
    Acting,
    Filling,
    Looking,
    NotTaken,
    Text,
    console,
    console_router,
    unconfirmed,
)
from identity_service.admin.roles import service as roles
from identity_service.admin.upstreams import form, service, trying
from identity_service.admin.upstreams.schemas import UpstreamTest
from identity_service.upstreams.schemas import OIDC
from identity_service.web import see_other
from shared.kernel.errors import NotFound, Problem
from shared.web.forms import NOTHING_WRONG, Refusal
from shared.web.forms import read as read_form

router = console_router()
LIST = "/admin/upstreams"
ONE = LIST + "/{upstream_id}"
_PATTERNS = {
    "id": "Small letters, digits and hyphens, beginning with a letter.",
    "issuer": "This is no address.",
    "email_domains": "This is no domain: northwind.example",
    "scopes": "This is no scope.",
    "client_id": "There are characters in it that no client id has.",
    "verified_claim": "This is no name of a claim.",
    "role_rules": "A rule has a claim, a value and a role.",
}


@router.get(LIST)
async def upstreams(request: Request, admin: Looking) -> Response:
    return console(request, admin, "upstreams.html", here="upstreams", rows=await service.found(admin))


@router.get(LIST + "/new")
async def ask_for_upstream(request: Request, admin: Filling, kind: str = OIDC) -> Response:
    asked = _form_of(kind)
    return await _form(request, admin, asked, forms.empty(asked.new, asked.create), [])


@router.post(LIST + "/new/make")
async def make(request: Request, admin: Acting, kind: Text = OIDC) -> Response:
    asked, sent = _form_of(kind), await request.form()
    typed, rules = forms.read(asked.new, sent), form.rules_typed(sent)
    try:
        said = forms.document(asked.new, typed) | {"role_rules": form.rules_meant(rules)}
        made = await service.create(admin, read_form(asked.create, _PATTERNS, **said))
    except Problem as problem:
        refused = forms.refusal(asked.new, problem, about="id")
        raise NotTaken(await _form(request, admin, asked, typed, rules, refused)) from None
    return _done(made.id, "connected")


@router.get(ONE)
async def upstream(request: Request, admin: Looking, upstream_id: str) -> Response:
    return await _shown(request, admin, upstream_id)


@router.post(ONE + "/change")
async def change(request: Request, admin: Acting, upstream_id: str) -> Response:
    row = await service.upstream(admin, upstream_id)
    asked, sent = form.FORMS[row.kind], await request.form()
    typed, rules = forms.read(asked.groups, sent), form.rules_typed(sent)
    try:
        said = forms.document(asked.groups, typed) | {"role_rules": form.rules_meant(rules)}
        wanted = read_form(asked.change, _PATTERNS, **said, is_enabled=row.is_enabled)
        await service.change(admin, row, wanted)
    except Problem as problem:
        refused = forms.refusal(asked.groups, problem, about="title")
        again = await _shown(request, admin, upstream_id, typed=(typed, rules), refused=refused)
        raise NotTaken(again) from None
    return _done(upstream_id, "changed")


@router.post(ONE + "/test")
async def test(request: Request, admin: Acting, upstream_id: str) -> Response:
    """The page is read before it is let go, so that nothing waits for somebody elsewhere."""
    row = await service.upstream(admin, upstream_id)
    service.record(admin, "upstream.tested", row.id)
    around = await _around(admin, upstream_id)
    await let_go(request)
    return _page(request, admin, around, tested=await trying.ask(admin.visit, trying.provider(row)))


@router.post(ONE + "/disable")
async def disable(admin: Acting, upstream_id: str) -> Response:
    await service.switch(admin, await service.upstream(admin, upstream_id), on=False)
    return _done(upstream_id, "changed")


@router.post(ONE + "/enable")
async def enable(admin: Acting, upstream_id: str) -> Response:
    await service.switch(admin, await service.upstream(admin, upstream_id), on=True)
    return _done(upstream_id, "changed")


@router.post(ONE + "/remove")
async def remove(request: Request, admin: Acting, upstream_id: str, name: Text = "") -> Response:
    row = await service.upstream(admin, upstream_id)
    try:
        await service.remove(admin, row, name=name)
    except Problem as problem:
        around = await _around(admin, upstream_id) | {"confirmation": name}
        raise NotTaken(_page(request, admin, around, refused=unconfirmed(problem))) from None
    return see_other(f"{LIST}?done=removed")


def _done(upstream_id: str, what: str) -> Response:
    return see_other(f"{LIST}/{upstream_id}?done={what}")


async def _roles(admin: Admin) -> list[tuple[str, str]]:
    """Of both realms: the service says when one does not fit."""
    return [(role.name, role.title) for role in await roles.all_roles(admin)]


def _form_of(kind: str) -> form.Form:
    """Raises NotFound."""
    if kind not in form.FORMS:
        raise NotFound
    return form.FORMS[kind]


async def _form(
    request: Request,
    admin: Admin,
    asked: form.Form,
    typed: dict[str, Any],
    rules: list[form.Rule],
    refused: Refusal = NOTHING_WRONG,
) -> Response:
    return console(
        request,
        admin,
        "upstream_new.html",
        here="upstreams",
        kind=asked.kind,
        groups=forms.shown(asked.new, typed, asked.create, refused),
        typed=typed,
        rules=form.with_spare(rules),
        roles=await _roles(admin),
        refused=refused,
    )


async def _shown(
    request: Request,
    admin: Admin,
    upstream_id: str,
    *,
    typed: tuple[dict[str, Any], list[form.Rule]] | None = None,
    refused: Refusal = NOTHING_WRONG,
) -> Response:
    around = await _around(admin, upstream_id)
    if typed is not None:
        around |= {"typed": typed[0], "rules": form.with_spare(typed[1])}
    return _page(request, admin, around, refused=refused)


async def _around(admin: Admin, upstream_id: str) -> dict[str, Any]:
    view = await service.view(admin, await service.upstream(admin, upstream_id))
    groups = form.FORMS[view.kind].groups
    return {
        "upstream": view,
        "confirmation": "",
        "typed": forms.filled(groups, view.settings.model_dump()),
        "rules": form.with_spare(form.rules_said(view.settings.role_rules)),
        "roles": await _roles(admin),
    }


def _page(
    request: Request,
    admin: Admin,
    around: dict[str, Any],
    *,
    refused: Refusal = NOTHING_WRONG,
    tested: UpstreamTest | None = None,
) -> Response:
    asked = form.FORMS[around["upstream"].kind]
    return console(
        request,
        admin,
        "upstream.html",
        here="upstreams",
        groups=forms.shown(asked.groups, around["typed"], asked.change, refused),
        refused=refused,
        tested=tested,
        **around,
    )
