"""`/docs` and `/problems`: made from the app's own document and classes, for each service."""

import re
from collections.abc import AsyncIterator

import httpx
import pytest

from tests.architecture.apps import NAMES, app


@pytest.fixture(params=NAMES)
async def web(request: pytest.FixtureRequest) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app(request.param))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        yield client


async def test_every_operation_and_shape_is_on_the_page(web: httpx.AsyncClient) -> None:
    document = (await web.get("/openapi.json")).json()
    page = (await web.get("/docs")).text
    for path, methods in document["paths"].items():
        assert f"<code>{path}</code>" in page
        for operation in methods.values():
            assert operation["summary"].replace("'", "&#39;") in page
    for name in document["components"]["schemas"]:
        assert f'id="shape-{name}"' in page


async def test_no_link_on_the_page_leads_nowhere(web: httpx.AsyncClient) -> None:
    page = (await web.get("/docs")).text
    anchors = set(re.findall(r'id="([^"]+)"', page))
    wanted = set(re.findall(r'href="#([^"]+)"', page))
    assert wanted - anchors == set()
    assert len(anchors) == len(re.findall(r'id="([^"]+)"', page))


async def test_the_page_asks_no_other_host_and_runs_nothing_inline(web: httpx.AsyncClient) -> None:
    answer = await web.get("/docs")
    assert not re.search(r'(src|href)="(https?:)?//', answer.text.split("<main")[0])
    assert "<style" not in answer.text
    assert " style=" not in answer.text
    assert not re.search(r"<script(?![^>]*\bsrc=)", answer.text)
    assert "unsafe" not in answer.headers["content-security-policy"]


async def test_each_listed_refusal_has_a_page(web: httpx.AsyncClient) -> None:
    listed = set(re.findall(r'href="(/problems/[^"]+)"', (await web.get("/problems")).text))
    assert "/problems/request.invalid" in listed
    for address in listed:
        answer = await web.get(address)
        assert answer.status_code == 200, address
        assert address.rpartition("/")[2] in answer.text


async def test_a_refusal_of_the_api_names_a_page_that_exists(web: httpx.AsyncClient) -> None:
    refusal = await web.post("/healthz")
    body = refusal.json()
    assert refusal.status_code == body["status"] == 405
    assert (await web.get(body["type"])).status_code == 200


async def test_a_code_nobody_uses_has_no_page(web: httpx.AsyncClient) -> None:
    assert (await web.get("/problems/made.up")).status_code in (401, 404)
