"""The page on which anybody can read what may be shared, made from the manifest."""

from pathlib import Path
from typing import Final

from fastapi import APIRouter
from starlette.responses import Response

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


@router.get("/")
async def front() -> Response:
    return PAGES.page("bridge/front.html", viewer=None, headers={"Cache-Control": "public, max-age=300"})


@router.get("/what-can-be-shared")
async def what_can_be_shared() -> Response:
    return PAGES.page(
        "bridge/what_can_be_shared.html",
        viewer=None,
        manifest=manifest(),
        classes=CLASSES,
        headers={"Cache-Control": "public, max-age=300"},
    )
