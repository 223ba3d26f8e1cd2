"""Links between topics, and merging imported people with accounts."""

from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from shared.kernel.paging import Page
from shared.tools.transfer.links import links_of
from shared.tools.transfer.merging import merge_person
from shared.tools.transfer.schemas import MergeView, PersonMerge, TopicLinkView
from shared.web.edge import API, ApiRead, ApiWrite, WriteRoute
from shared.web.json import Json

router = APIRouter(prefix=API, tags=["transfer"], route_class=WriteRoute)

MERGE: Json[MergeView] = Json(MergeView)
LINKS: Json[Page[TopicLinkView]] = Json(Page[TopicLinkView])


@router.get("/topics/{topic_id}/links", response_model=Page[TopicLinkView], summary="Topics linked with this")
async def list_links(ctx: ApiRead, topic_id: UUID) -> Response:
    return LINKS(await links_of(ctx, topic_id))


@router.post("/people/{person_id}/merge", response_model=MergeView, summary="Merge an imported person")
async def merge(ctx: ApiWrite, person_id: UUID, wanted: PersonMerge) -> Response:
    return MERGE(await merge_person(ctx.person(), person_id, wanted.into))
