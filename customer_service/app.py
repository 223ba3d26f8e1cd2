"""The customers' community, put together."""

from functools import cache
from typing import Final

import httpx
from fastapi import FastAPI

from customer_service import sharing
from customer_service.settings import Settings
from customer_service.sharing import api as sharing_api
from customer_service.sharing import disclosure
from customer_service.sharing import pages as sharing_pages
from customer_service.sharing.names import IN_TEMPLATES
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

DESCRIPTION = "The outside: customers and partners helping one another."


def admits(claims: Claims) -> bool:
    """Customers and partners, and of the staff those who manage this community."""
    return claims.realm is Realm.CUSTOMER or MANAGER_ROLE in claims.roles


def site(settings: Settings) -> dict[str, object]:
    return {
        "name": settings.name,
        "theme": "outside",
        "audience_line": "Outside · open to all",
        "links": {
            "search": "/search",
            "sign_in": "/sign-in",
            "register": f"{settings.identity_public_url}/sign-up",
            "sign_out": "/sign-out",
            "profile": "/me",
            "account": f"{settings.identity_public_url}/account",
            "account_links": [("Your account", f"{settings.identity_public_url}/account")],
            "what_can_be_shared": f"{settings.bridge_public_url}/what-can-be-shared",
            "footer": [("For staff", "/sign-in?realm=staff"), ("API", "/docs")],
        },
        "purpose": "Customers and partners help one another here, and the company listens where it is asked.",
        "role_links": [(MANAGER_ROLE, "Manage", "/manage", "")],
        "space_links": [("Sharing over the bridge", "sharing")],
    }


CLIENT_ID: Final = "customer-community"
KINDS = (questions.KIND, discussions.KIND)
SPACES = SpacesPolicy(anonymous_reading=True, kinds=tuple(kind.name for kind in KINDS))


@cache
def catalog() -> Catalog:
    """The content of this community, for requests and for the worker."""
    return Catalog(
        KINDS, extensions=(*disclosure.EXTENSIONS, SOURCE), panels=(*disclosure.PANELS, SOURCE_LINE)
    )


def _pages(settings: Settings) -> Pages:
    pages = Pages(site(settings), folders(sharing, transfer))
    pages.environment.globals.update(IN_TEMPLATES)
    return pages


def create_app(settings: Settings, *, http: httpx.AsyncClient | None = None) -> FastAPI:
    return build(
        Community(
            service="customer",
            client_id=CLIENT_ID,
            description=DESCRIPTION,
            settings=settings,
            catalog=catalog(),
            spaces=SPACES,
            sign_in=SignInPolicy(
                admits=admits,
                refusal="Colleagues use the community inside; only community managers sign in here.",
                realms=("customer", "staff"),
            ),
            pages=_pages(settings),
            api_routers=(sharing_api.router, transfer_api.router),
            page_routers=(sharing_pages.router,),
        ),
        http=http,
    )
