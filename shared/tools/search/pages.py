"""`/search`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from shared.kernel.paging import Page
from shared.kernel.text import clean_line
from shared.tools.search.deps import Queries
from shared.tools.search.schemas import SearchHit
from shared.tools.search.service import Search, SearchFilter
from shared.tools.topics.deps import Content, Cursor
from shared.web.edge import PageRead
from shared.web.page import show
from shared.web.routes import ReadRoute

router = APIRouter(include_in_schema=False, route_class=ReadRoute)
RESULTS = 20
LONGEST = 200
"""Characters; as in the API."""


@router.get("/search")
async def search(
    request: Request,
    ctx: PageRead,
    catalog: Content,
    queries: Queries,
    q: str = "",
    space: UUID | Annotated[str, Query(max_length=0)] | None = None,
    kind: Annotated[str | None, Query(max_length=40)] = None,
    cursor: Cursor = None,
) -> Response:
    wanted = SearchFilter(space if isinstance(space, UUID) else None, clean_line(kind or "") or None, None)
    words = clean_line(q)
    too_long = len(words) > LONGEST
    found: Page[SearchHit] = Page([])
    if words and not too_long:
        found = await Search(ctx, catalog, queries).find(words, wanted, cursor=cursor, limit=RESULTS)
    return await show(
        request,
        ctx,
        "search/search.html",
        q=words[:LONGEST],
        too_long=too_long,
        status=422 if too_long else 200,
        wanted=wanted,
        found=found,
        kinds=catalog.kinds,
        cursor=cursor,
    )
