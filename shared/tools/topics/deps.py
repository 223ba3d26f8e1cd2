"""What endpoints of topics, and of tools built on them, take from a request."""

from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from shared.tools.topics.catalog import Catalog
from shared.web.asked import Onward, from_query

_onward = from_query(Onward)


async def catalog_of(request: Request) -> Catalog:
    catalog: Catalog = request.app.state.catalog
    return catalog


async def cursor_of(request: Request) -> str | None:
    return (await _onward(request)).cursor


Content = Annotated[Catalog, Depends(catalog_of)]
Cursor = Annotated[str | None, Depends(cursor_of)]
