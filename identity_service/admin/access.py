"""Who may use the admin API: staff with the role `admin`, by a token made for identity itself."""

from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from identity_service.accounts.models import Account
from identity_service.admin import proof
from identity_service.admin.errors import NotAdministrator
from identity_service.protocol import binding, tokens
from identity_service.protocol.resources import ADMIN_SCOPE
from identity_service.protocol.standing import Granted
from identity_service.protocol.turn import Turn
from identity_service.roles.service import ADMIN
from identity_service.visit import Visit
from identity_service.web import caller_of, count_address
from shared.kernel.actor import Actor
from shared.kernel.errors import MissingScope, NotFound, Unauthenticated, invalid_field
from shared.kernel.paging import CursorCodec
from shared.oidc.errors import InvalidToken
from shared.web import idempotency
from shared.web.credentials import DPOP, credentials, presented
from shared.web.limits import Limits
from shared.web.routes import READING, Handler


@dataclass(slots=True)
class Admin:
    """An administrator at work. `client_id` is the program that acts for them; none at our own pages."""

    visit: Visit
    account: Account
    auth_time: datetime
    amr: list[str]
    client_id: str | None = None

    @property
    def by(self) -> str:
        """Who it was, in the audit log."""
        return f"account:{self.account.id}"

    @property
    def cursors(self) -> CursorCodec:
        return CursorCodec(self.visit.settings.identity_secret_key.get_secret_value())


class AdminRoute(APIRoute):
    """One transaction around each request, and with `Idempotency-Key` the answer that was given before.

    An answer that holds a secret is not kept (`shown_once`), so sending such a request again does it again.
    """

    def get_route_handler(self) -> Handler:
        handle = super().get_route_handler()

        async def in_transaction(request: Request) -> Response:
            count_address(request)
            await _refuse_nul(request)
            request.state.idempotency = None
            async with AsyncExitStack() as stack:
                request.state.transaction = stack
                visit = request.state.visit = await stack.enter_async_context(caller_of(request).begin())
                try:
                    response = await handle(request)
                except idempotency.Replay as replay:
                    return replay.response
                if (pending := request.state.idempotency) and pending.keeps(response):
                    await idempotency.store(visit.session, pending, response, visit.now)
            return response

        return in_transaction


async def _refuse_nul(request: Request) -> None:
    """PostgreSQL holds no NUL: nothing is called by a name that has one. Reads the whole body before
    anything of the database is held."""
    if "\0" in request.scope["path"]:
        raise NotFound
    said = [value for _, value in request.query_params.multi_items()]
    if b"\\u0000" in await request.body() or any("\0" in value for value in said):
        raise invalid_field("", "request.nul_character", "There is a NUL character in it.")


def shown_once(request: Request) -> None:
    """The answer holds a secret: it is kept nowhere."""
    request.state.idempotency = None


async def let_go(request: Request) -> None:
    """Commit now: what follows asks somebody elsewhere, and holds nothing of the database meanwhile."""
    request.state.idempotency = None
    stack: AsyncExitStack = request.state.transaction
    await stack.aclose()


async def _reading(request: Request) -> Admin:
    visit: Visit = request.state.visit
    payload, granted = await _granted(request, visit)
    limits: Limits = request.app.state.limits
    limits.count(request.scope, Actor(granted.person.id))
    if ADMIN_SCOPE not in str(payload.get("scope", "")).split():
        raise MissingScope(f"This call needs the scope {ADMIN_SCOPE}", data={"scope": ADMIN_SCOPE})
    account = await visit.session.get_one(Account, granted.person.id)
    if account.realm != "staff" or ADMIN not in account.roles:
        raise NotAdministrator
    return Admin(visit, account, granted.auth_time, granted.amr, granted.client_id)


async def _writing(request: Request) -> Admin:
    admin = await _reading(request)
    await proof.require(admin.visit, admin.account, auth_time=admin.auth_time, amr=admin.amr)
    key = request.headers.get(idempotency.HEADER)
    if key is not None and request.method not in READING:
        caller, now = str(admin.account.id), admin.visit.now
        request.state.idempotency = await idempotency.begin_for(
            admin.visit.session, request, key, caller=caller, now=now
        )
    return admin


async def _granted(request: Request, visit: Visit) -> tuple[dict[str, Any], Granted]:
    """Who is behind the token at this moment: the grant, the session and the account are looked up, so that
    what ends them is felt at once. What was proved is what the grant says: the session may have been raised
    since, and the token was not. Raises Unauthenticated."""
    header = request.headers.get("authorization")
    if header is None:
        raise Unauthenticated
    scheme, token = credentials(header)
    settings = visit.settings
    payload = tokens.read_own(visit.services.keys, settings.issuer, token, kind=tokens.ACCESS_TYPE)
    if payload.get("aud") != settings.identity_public_url:
        raise InvalidToken("audience")
    if int(payload["exp"]) <= visit.now.timestamp():
        raise InvalidToken("expired")
    turn = Turn(visit)
    await binding.check_use(turn, payload, token, presented(request) if scheme == DPOP else None)
    granted = await tokens.granted_by(turn, payload)
    if granted is None or "act" in payload:
        raise InvalidToken("revoked")
    return payload, granted


AdminReading = Annotated[Admin, Depends(_reading)]
AdminWriting = Annotated[Admin, Depends(_writing)]
"""With a proof of the person that is ten minutes old at most."""
