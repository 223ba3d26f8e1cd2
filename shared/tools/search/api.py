"""`/api/v1/search`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from shared.kernel.paging import DEFAULT_LIMIT, Page
from shared.tools.search.deps import Queries
from shared.tools.search.schemas import SearchHit
from shared.tools.search.service import Search, SearchFilter
from shared.tools.topics.deps import Content, Cursor, Limit
from shared.web.edge import API, ApiRead
from shared.web.json import Json

router = APIRouter(prefix=API, tags=["search"])
HITS: Json[Page[SearchHit]] = Json(Page[SearchHit])


Words = Annotated[
    str,
    Query(
        min_length=1,
        max_length=200,
        description='Words; "a phrase"; -without; or',
        examples=["gateway -wifi"],
    ),
]


@router.get("/search", response_model=Page[SearchHit], summary="Search topics and posts you may see")
async def search(
    ctx: ApiRead,
    request: Request,
    catalog: Content,
    queries: Queries,
    q: Words,
    space: UUID | None = None,
    kind: Annotated[str | None, Query(max_length=40)] = None,
    tag: Annotated[str | None, Query(max_length=35)] = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Response:
    finding = Search(ctx, catalog, queries)
    return HITS.page(
        request, await finding.find(q, SearchFilter(space, kind, tag), cursor=cursor, limit=limit)
    )
