"""What search's endpoints take from the app."""

from typing import Annotated

from fastapi import Depends, FastAPI
from starlette.requests import Request

from shared.tools.search.queries import SearchQueries
from shared.tools.topics.catalog import Catalog


def prepare(app: FastAPI, catalog: Catalog) -> None:
    """Builds the statement over the kinds that are mounted; called once, where the app is put together."""
    app.state.search_queries = SearchQueries(catalog)


async def search_queries_of(request: Request) -> SearchQueries:
    queries: SearchQueries = request.app.state.search_queries
    return queries


Queries = Annotated[SearchQueries, Depends(search_queries_of)]
