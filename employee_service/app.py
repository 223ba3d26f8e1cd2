"""The employees' community, put together."""

from functools import cache

import httpx
from fastapi import FastAPI

from employee_service import desk
from employee_service.desk import api as desk_api
from employee_service.desk import deps as desk_deps
from employee_service.desk import pages as desk_pages
from employee_service.settings import Settings
from shared.oidc.claims import Claims, Realm
from shared.tools import transfer
from shared.tools.composition import Community, build, folders
from shared.tools.discussions import kind as discussions
from shared.tools.questions import kind as questions
from shared.tools.sign_in.authenticator import SignInPolicy
from shared.tools.spaces.permissions import MANAGER_ROLE
from shared.tools.spaces.service import SpacesPolicy
from shared.tools.topics.catalog import Catalog
from shared.tools.transfer import api as transfer_api
from shared.tools.transfer.display import SOURCE, SOURCE_LINE
from shared.web.templates import Pages

DESCRIPTION = "The inside: for colleagues only. Nothing here can be read without signing in as staff."
KINDS = (discussions.KIND, questions.KIND)
SPACES = SpacesPolicy(anonymous_reading=False, kinds=tuple(kind.name for kind in KINDS))


def admits(claims: Claims) -> bool:
    """Staff, and nobody else whatever the token says."""
    return claims.realm is Realm.STAFF


def site(settings: Settings) -> dict[str, object]:
    return {
        "name": settings.name,
        "theme": "inside",
        "audience_line": "Inside · colleagues only",
        "title_prefix": "Inside: ",
        "links": {
            "search": "/search",
            "sign_in": "/sign-in",
            "sign_out": "/sign-out",
            "profile": "/me",
            "account": f"{settings.identity_public_url}/account?realm=staff",
            "account_links": [("Your account", f"{settings.identity_public_url}/account?realm=staff")],
            "footer": [("API", "/docs")],
        },
        "purpose": "Ask colleagues, and share what you are working on.",
        "role_links": [
            (MANAGER_ROLE, "Manage", "/manage", ""),
            ("customer_facing", "Bridge desk", "/desk", "bridge"),
        ],
    }


@cache
def catalog() -> Catalog:
    """The content of this community, for requests and for the worker."""
    return Catalog(KINDS, extensions=(SOURCE,), panels=(SOURCE_LINE,))


def create_app(
    settings: Settings,
    *,
    http: httpx.AsyncClient | None = None,
    bridge: httpx.AsyncBaseTransport | None = None,
) -> FastAPI:
    """`http` and `bridge` are how identity and the bridge are asked; over the network when not given."""

    def prepare(app: FastAPI) -> None:
        desk_deps.install(app, settings, bridge)

    return build(
        Community(
            service="employee",
            client_id=desk_deps.CLIENT_ID,
            description=DESCRIPTION,
            settings=settings,
            catalog=catalog(),
            spaces=SPACES,
            sign_in=SignInPolicy(
                admits=admits, refusal="This community is for colleagues only.", realms=("staff",)
            ),
            pages=Pages(site(settings), folders(desk, transfer)),
            api_routers=(desk_api.router, transfer_api.router),
            page_routers=(desk_pages.router,),
            prepare=prepare,
            close=desk_deps.close,
        ),
        http=http,
    )
