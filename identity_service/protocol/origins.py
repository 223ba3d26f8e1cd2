"""Which web pages may use tokens, told to the services that have to let them (CORS).

A community asks as the client that it is, since where the pages of its own people stand is nobody else's
business. The bridge is no client of identity; its set is public (docs/decisions/0009).
"""

from collections.abc import Iterable
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from sqlalchemy import ColumnElement, Text, any_, bindparam, func, or_, select
from starlette.responses import JSONResponse, Response

from identity_service.clients.models import Client
from identity_service.protocol.resource_server import authenticated_resource_server
from identity_service.web import Visiting
from shared.db.engine import Database
from shared.db.query import Query as Statement
from shared.db.query import Row
from shared.kernel.errors import Unauthenticated
from shared.web.cors import Origins

router = APIRouter(include_in_schema=False)

READABLE: Final = (
    "/.well-known/openid-configuration",
    "/.well-known/oauth-authorization-server",
    "/.well-known/jwks.json",
    "/oauth/par",
    "/oauth/token",
    "/oauth/revoke",
    "/oauth/userinfo",
)
"""What pages elsewhere may read here; never what a person sees, and never /oauth/authorize."""

_AUDIENCE = bindparam("audience", type_=Text())
_EACH = func.unnest(Client.origins).label("origin")
_ALL = Statement(select(_EACH).distinct())


def _may_ask_for_it() -> ColumnElement[bool]:
    lists = (Client.audiences, Client.machine_audiences, Client.exchange_audiences)
    return or_(*(any_(audiences) == _AUDIENCE for audiences in lists))


_OF_AUDIENCE = Statement(select(_EACH).where(_may_ask_for_it()).distinct())


def of_all_clients(database: Database) -> Origins:
    """What identity itself lets read: its answers concern every client."""

    async def ask() -> Iterable[str]:
        return _sorted(await database.reader.all(_ALL))

    return Origins(ask)


def _sorted(rows: Iterable[Row]) -> list[str]:
    return sorted(row["origin"] for row in rows)


@router.get("/oauth/origins")
async def origins(
    request: Request, visit: Visiting, audience: Annotated[str, Query(max_length=300)]
) -> Response:
    """Origins of the clients that may ask for tokens for `audience`. Raises `Unauthenticated`."""
    public = audience == visit.settings.bridge_public_url
    if not public:
        caller = await authenticated_resource_server(request, visit)
        if audience not in caller.serves:
            raise Unauthenticated("Only the service itself may ask for this.")
    rows = await visit.reader.all(_OF_AUDIENCE, audience=audience)
    cache = "public, max-age=60" if public else "no-store"
    return JSONResponse({"origins": _sorted(rows)}, headers={"Cache-Control": cache})
