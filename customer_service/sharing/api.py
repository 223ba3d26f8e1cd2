"""`/api/v1`: sharing a topic, asking the company, withdrawing, and what crossed."""

from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from customer_service.sharing import service
from customer_service.sharing.schemas import CompanyAsked, CrossingView, SharingCreate, SharingView
from customer_service.sharing.service import SharingService
from shared.kernel.paging import Page
from shared.web.edge import API, ApiRead, ApiWrite, WriteRoute
from shared.web.json import Json

router = APIRouter(prefix=API, tags=["sharing"], route_class=WriteRoute)

SHARINGS: Json[Page[SharingView]] = Json(Page[SharingView])
CROSSINGS: Json[Page[CrossingView]] = Json(Page[CrossingView])


@router.get(
    "/topics/{topic_id}/sharings", response_model=Page[SharingView], summary="With whom it was shared"
)
async def list_sharings(ctx: ApiRead, topic_id: UUID) -> Response:
    return SHARINGS(Page(await service.history(ctx, topic_id)))


@router.post(
    "/topics/{topic_id}/sharings",
    response_model=Page[SharingView],
    status_code=201,
    summary="Share a topic over the bridge (moderators)",
)
async def share(ctx: ApiWrite, topic_id: UUID, wanted: SharingCreate) -> Response:
    await SharingService(ctx.person()).share(topic_id, wanted)
    return SHARINGS(Page(await service.history(ctx, topic_id)), status=201)


@router.post(
    "/topics/{topic_id}/ask-company",
    response_model=Page[SharingView],
    status_code=201,
    summary="Ask the company (the author)",
)
async def ask_company(ctx: ApiWrite, topic_id: UUID, asked: CompanyAsked) -> Response:
    await SharingService(ctx.person()).ask(topic_id, asked)
    return SHARINGS(Page(await service.history(ctx, topic_id)), status=201)


@router.delete("/topics/{topic_id}/sharing", status_code=204, summary="Withdraw it (author, moderators)")
async def withdraw(ctx: ApiWrite, topic_id: UUID) -> Response:
    await SharingService(ctx.person()).withdraw(topic_id)
    return Response(status_code=204)


@router.get(
    "/topics/{topic_id}/crossings",
    response_model=Page[CrossingView],
    summary="What crossed the bridge about it (author, moderators)",
)
async def list_crossings(ctx: ApiRead, topic_id: UUID) -> Response:
    return CROSSINGS(Page(await service.crossings(ctx, topic_id)))


@router.put("/spaces/{space_id}/sharing", status_code=204, summary="Allow sharing from a space (managers)")
async def open_space(ctx: ApiWrite, space_id: UUID) -> Response:
    await SharingService(ctx.person()).open_space(space_id, allowed=True)
    return Response(status_code=204)


@router.delete("/spaces/{space_id}/sharing", status_code=204, summary="Allow no further sharing (managers)")
async def close_space(ctx: ApiWrite, space_id: UUID) -> Response:
    await SharingService(ctx.person()).open_space(space_id, allowed=False)
    return Response(status_code=204)


@router.put("/bridge/closing", status_code=204, summary="Close the bridge (managers)")
async def close_bridge(ctx: ApiWrite) -> Response:
    await SharingService(ctx.person()).close_bridge(closed=True)
    return Response(status_code=204)


@router.delete("/bridge/closing", status_code=204, summary="Open the bridge again (managers)")
async def reopen_bridge(ctx: ApiWrite) -> Response:
    await SharingService(ctx.person()).close_bridge(closed=False)
    return Response(status_code=204)
