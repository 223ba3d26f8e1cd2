"""`/api/v1/search`."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from shared.kernel.paging import Page
from shared.tools.search.deps import Queries
from shared.tools.search.schemas import SearchAsked, SearchHit
from shared.tools.search.service import Search, SearchFilter
from shared.tools.topics.deps import Content
from shared.web.asked import described, from_query
from shared.web.edge import API, ApiRead
from shared.web.json import Json
from shared.web.routes import ReadRoute

router = APIRouter(prefix=API, tags=["search"], route_class=ReadRoute)
HITS: Json[Page[SearchHit]] = Json(Page[SearchHit])


@router.get(
    "/search",
    response_model=Page[SearchHit],
    summary="Search topics and posts you may see",
    openapi_extra=described(SearchAsked),
)
async def search(
    ctx: ApiRead,
    request: Request,
    catalog: Content,
    queries: Queries,
    asked: Annotated[SearchAsked, Depends(from_query(SearchAsked))],
) -> Response:
    wanted = SearchFilter(asked.space, asked.kind, asked.tag)
    finding = Search(ctx, catalog, queries)
    return HITS.page(request, await finding.find(asked.q, wanted, cursor=asked.cursor, limit=asked.limit))
