"""What endpoints of topics, and of tools built on them, take from a request."""

from typing import Annotated

from fastapi import Depends, Query
from starlette.requests import Request

from shared.tools.topics.catalog import Catalog


async def catalog_of(request: Request) -> Catalog:
    catalog: Catalog = request.app.state.catalog
    return catalog


Content = Annotated[Catalog, Depends(catalog_of)]
Cursor = Annotated[str | None, Query(max_length=500, description="`next_cursor` of the page before")]
