"""Showing a picture to everybody who has its address."""

from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from identity_service.pictures import service
from identity_service.web import Calling
from shared.kernel.errors import NotFound

router = APIRouter(include_in_schema=False)

ONCE_MADE_NEVER_CHANGED = {"Cache-Control": "public, max-age=31536000, immutable"}


@router.get("/pictures/{picture_id}")
async def show(caller: Calling, picture_id: UUID, size: int = service.SIZES[0]) -> Response:
    if size not in service.SIZES:
        raise NotFound
    content = await service.read(caller, picture_id, size)
    return Response(content, media_type=service.MEDIA_TYPE, headers=ONCE_MADE_NEVER_CHANGED)
