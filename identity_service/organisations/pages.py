"""/account/organisation, and the page on which a domain is confirmed."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import Response

from identity_service.accounts import links
from identity_service.accounts.errors import BadEmail, LinkSpent
from identity_service.accounts.service import email_key
from identity_service.invitations import service as invitations
from identity_service.invitations.errors import HasAccount
from identity_service.limits import service as limits
from identity_service.organisations import queries, service
from identity_service.organisations.errors import BadDomain, DomainTaken, OutsideDomain
from identity_service.own.frame import Me, Own, me_of, own_page
from identity_service.own.fresh import require_fresh
from identity_service.sessions.service import session_id as id_of
from identity_service.web import Calling, Visiting, page, see_other
from shared.kernel.errors import NotFound
from shared.web.csrf import own_form_only

router = APIRouter(include_in_schema=False, dependencies=[Depends(own_form_only)])

Text = Annotated[str, Form()]
PATH = "/account/organisation"


@router.get(PATH)
async def organisation(request: Request, me: Own) -> Response:
    return await _page(request, me)


@router.post(f"{PATH}/invite")
async def invite(request: Request, caller: Calling, email: Text = "", admin: Text = "") -> Response:
    async with caller.begin() as visit:
        me = await _admin(request, visit)
    try:
        mailbox = limits.MAIL_MAILBOX.key("customer", email_key(email))
        await caller.services.limiter.take(limits.INVITATIONS.key(str(me.account.id)), mailbox)
        async with caller.begin() as visit:
            me = await _admin(request, visit)
            await service.invite(visit, me.account, email=email, is_admin=admin == "true")
    except (BadEmail, OutsideDomain, HasAccount, limits.TooManyAttempts) as error:
        async with caller.begin() as visit:
            me = await _admin(request, visit)
            wrong = ("f-email", error.detail)
            return await _page(request, me, email=email, is_admin=admin == "true", error=wrong)
    return see_other(f"{PATH}?done=invited")


@router.post(f"{PATH}/withdraw")
async def withdraw(me: Own, invitation: Text = "") -> Response:
    await service.withdraw(me.visit, me.account, _id(invitation))
    return see_other(f"{PATH}?done=withdrawn")


@router.post(f"{PATH}/remove")
async def remove(me: Own, person: Text = "") -> Response:
    await service.of_admin(me.visit, me.account)
    await require_fresh(me, PATH)
    await service.remove(me.visit, me.account, _id(person))
    return see_other(f"{PATH}?done=removed")


@router.post(f"{PATH}/domain")
async def add_domain(request: Request, caller: Calling, domain: Text = "") -> Response:
    async with caller.begin() as visit:
        me = await _admin(request, visit)
        await require_fresh(me, PATH)
    try:
        name = service.clean_domain(domain)
        for keeper in service.KEEPERS:
            await caller.services.limiter.take(limits.MAIL_MAILBOX.key("customer", f"{keeper}@{name}"))
        async with caller.begin() as visit:
            me = await _admin(request, visit)
            await service.ask_for_proof(visit, me.account, name)
    except (BadDomain, DomainTaken, limits.TooManyAttempts) as error:
        async with caller.begin() as visit:
            me = await _admin(request, visit)
            return await _page(request, me, domain=domain, error=("f-domain", error.detail))
    return see_other(f"{PATH}?done=domain-asked")


@router.post(f"{PATH}/drop-domain")
async def drop_domain(me: Own, domain: Text = "") -> Response:
    await service.of_admin(me.visit, me.account)
    await require_fresh(me, PATH)
    await service.drop_domain(me.visit, me.account, domain)
    return see_other(f"{PATH}?done=domain")


@router.get("/domain")
async def look_at_domain(request: Request, caller: Calling, token: str = "") -> Response:
    """Nobody has to be signed in: those who run a domain need no account here."""
    try:
        link = await links.look_at(caller, purpose=links.DOMAIN, token=token)
    except LinkSpent:
        return page(request, "link_spent.html", realm=None, status=410)
    return page(request, "domain.html", email=link.email, token=token, proved=None)


@router.post("/domain")
async def prove_domain(request: Request, visit: Visiting, token: Text = "") -> Response:
    try:
        proved = await service.prove(visit, token)
    except LinkSpent:
        return page(request, "link_spent.html", realm=None, status=410)
    return page(request, "domain.html", email="", token="", proved=proved)


async def _admin(request: Request, visit: Visiting) -> Me:
    """Raises NotFound for whoever looks after no organisation."""
    me = await me_of(request, visit)
    await service.of_admin(visit, me.account)
    return me


def _id(text: str) -> UUID:
    found = id_of(text)
    if found is None:
        raise NotFound
    return found


async def _page(
    request: Request,
    me: Me,
    *,
    email: str = "",
    is_admin: bool = False,
    domain: str = "",
    error: tuple[str, str] | None = None,
) -> Response:
    own = await service.of_admin(me.visit, me.account)
    session = me.visit.session
    return own_page(
        request,
        me,
        "own/organisation.html",
        here="organisation",
        status=422 if error else 200,
        organisation=own,
        people=await queries.people(session, own.id),
        waiting=await invitations.waiting_at(me.visit, own.id),
        domains=await queries.domains(session, own.id),
        email=email,
        is_admin=is_admin,
        domain=domain,
        errors=[error] if error else [],
    )
