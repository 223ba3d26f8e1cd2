"""Reads that are bound at start are answered as FastAPI would answer them."""

from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI, Query, Request
from starlette.responses import PlainTextResponse, Response

from shared.web.routes import ReadRoute, bound

router = APIRouter(route_class=ReadRoute)


async def who(request: Request) -> str:
    return request.headers.get("x-who", "nobody")


async def nobody_unwelcome(request: Request) -> None:
    if "x-unwelcome" in request.headers:
        raise PermissionError


async def after_another(who: Annotated[str, Depends(who)]) -> str:
    return who.upper()


async def let_go(request: Request) -> AsyncIterator[str]:
    yield "held"


@router.get("/things/{thing}/{part}", dependencies=[Depends(nobody_unwelcome)])
async def plain(thing: UUID, part: int, who: Annotated[str, Depends(who)]) -> Response:
    return PlainTextResponse(f"{thing} {part} {who}")


@router.get("/asked")
async def with_query(asked: Annotated[str, Query(max_length=3)] = "") -> Response:
    return PlainTextResponse(asked)


@router.get("/fixed")
async def fixed(request: Request) -> Response:
    return PlainTextResponse(f"{request.scope['route'].path} {request.path_params}")


@router.get("/nested")
async def nested(who: Annotated[str, Depends(after_another)]) -> Response:
    return PlainTextResponse(who)


@router.get("/held")
async def held(what: Annotated[str, Depends(let_go)]) -> Response:
    return PlainTextResponse(what)


@router.post("/things/{thing}/{part}")
async def write(thing: UUID, part: int) -> Response:
    return PlainTextResponse("written")


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    app.router.routes.extend(router.routes)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        yield client


def route(name: str) -> ReadRoute:
    return next(r for r in router.routes if isinstance(r, ReadRoute) and r.name == name)


def test_what_only_fastapi_knows_to_find_is_left_to_it() -> None:
    assert bound(route("plain")) is not None
    for name in ("with_query", "nested", "held"):
        assert bound(route(name)) is None, name


async def test_arguments_come_as_their_types(http: httpx.AsyncClient) -> None:
    thing = uuid4()
    answer = await http.get(f"/things/{str(thing).upper()}/7", headers={"x-who": "Ana"})
    assert answer.text == f"{thing} 7 Ana"


async def test_what_does_not_fit_is_said_all_at_once(http: httpx.AsyncClient) -> None:
    answer = await http.get("/things/nonsense/seven")
    assert answer.status_code == 422
    assert [e["loc"] for e in answer.json()["detail"]] == [["path", "thing"], ["path", "part"]]


async def test_a_dependency_without_a_name_is_asked_too(http: httpx.AsyncClient) -> None:
    answer = await http.get(f"/things/{uuid4()}/7", headers={"x-unwelcome": "1"})
    assert answer.status_code == 500


async def test_the_others_answer_as_ever(http: httpx.AsyncClient) -> None:
    assert (await http.get("/asked?asked=abc")).text == "abc"
    assert (await http.get("/asked?asked=abcd")).status_code == 422
    assert (await http.get("/nested", headers={"x-who": "Ana"})).text == "ANA"
    assert (await http.get("/held")).text == "held"
    assert (await http.post(f"/things/{uuid4()}/7")).text == "written"


async def test_other_addresses_and_methods(http: httpx.AsyncClient) -> None:
    assert (await http.get("/things")).status_code == 404
    assert (await http.get("/thing/1/2")).status_code == 404
    assert (await http.delete(f"/things/{uuid4()}/7")).status_code == 405


async def test_a_route_without_parameters_is_found_by_its_very_path(http: httpx.AsyncClient) -> None:
    assert (await http.get("/fixed")).text == "/fixed {}"
    refused = await http.post("/fixed")
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET")
    for path in ("/fixed%0A", "/fixed/more", "/fixe", "//fixed"):
        assert (await http.get(path)).status_code == 404, path
