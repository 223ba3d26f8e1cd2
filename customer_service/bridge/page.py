"""The page on which anybody can read what may be shared, made from the manifest."""

from pathlib import Path
from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from customer_service.bridge.resources import Resources
from shared.bridge.manifest import manifest
from shared.web.templates import Pages

router = APIRouter(include_in_schema=False)
SITE: Final = {"name": "What can be shared", "theme": "outside", "links": {}}
PAGES: Final = Pages(SITE, {"bridge": Path(__file__).parent / "templates"})
CLASSES: Final = {
    "content": "what people wrote",
    "pseudonym": "a random code",
    "consented": "only with consent",
    "operational": "for the bridge itself",
}


def _community(request: Request) -> str:
    resources: Resources = request.app.state.resources
    return resources.settings.community_url


@router.get("/")
async def front(request: Request) -> Response:
    return PAGES.page(
        "bridge/front.html",
        viewer=None,
        back=_community(request),
        headers={"Cache-Control": "public, max-age=300"},
    )


@router.get("/what-can-be-shared")
async def what_can_be_shared(request: Request) -> Response:
    return PAGES.page(
        "bridge/what_can_be_shared.html",
        viewer=None,
        back=_community(request),
        manifest=manifest(),
        classes=CLASSES,
        headers={"Cache-Control": "public, max-age=300"},
    )
