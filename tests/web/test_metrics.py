"""`/metrics`: what it says, to whom, and that it says nothing about anybody."""

import pytest
from prometheus_client.parser import text_string_to_metric_families

from shared.db.engine import Database
from shared.db.query import Reader
from shared.web.app import metrics_of
from shared.web.metrics import Metrics
from tests.fixtures.databases import World
from tests.web.around import an_app, caller

TOKEN = "m" * 40
CANARY = "kestrelcanary"


def samples(text: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def of(text: str, name: str, **labels: str) -> float | None:
    return samples(text).get((name, frozenset(labels.items())))


async def test_requests_are_counted_by_route_method_and_status() -> None:
    app = an_app()
    async with caller(app, "127.0.0.1") as http:
        for name in ("a", "b", "hidden", "broken"):
            await http.get(f"/api/v1/things/{name}")
        await http.get(f"/{CANARY}")
        await http.get(f"/static/{CANARY}")
        await http.request(CANARY.upper(), "/page/x")
        answer = await http.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    text, route = answer.text, "/api/v1/things/{name}"
    assert of(text, "http_requests_total", route=route, method="GET", status="2xx") == 2
    assert of(text, "http_requests_total", route=route, method="GET", status="4xx") == 1
    assert of(text, "http_requests_total", route=route, method="GET", status="5xx") == 1
    assert of(text, "http_requests_total", route="unknown", method="GET", status="4xx") == 1
    assert of(text, "http_requests_total", route="/static", method="GET", status="4xx") == 1
    assert of(text, "http_requests_total", route="/page/{name}", method="other", status="4xx") == 1
    assert of(text, "http_request_duration_seconds_count", route=route, method="GET") == 4
    assert of(text, "http_request_duration_seconds_bucket", route=route, method="GET", le="30.0") == 4
    assert of(text, "http_requests_in_flight") == 1  # this one
    assert "process_resident_memory_bytes" in text


async def test_nothing_of_anybody_is_in_it() -> None:
    async with caller(an_app(), "127.0.0.1") as http:
        await http.get(f"/api/v1/things/{CANARY}?q={CANARY}", headers={"authorization": f"Bearer {CANARY}"})
        await http.get(f"/page/{CANARY}", headers={"cookie": f"a={CANARY}", "x-request-id": CANARY})
        await http.get(f"/{CANARY}/{CANARY}", headers={"origin": f"https://{CANARY}", "host": CANARY})
        text = (await http.get("/metrics", headers={"user-agent": CANARY})).text
    assert CANARY not in text.lower()
    assert "http_requests_total" in text


async def test_only_this_machine_or_the_token_may_read_it() -> None:
    async with caller(an_app()) as http:
        assert (await http.get("/metrics")).status_code == 404
        assert (await http.get("/metrics", headers={"authorization": "Bearer "})).status_code == 404
    app = an_app(metrics=Metrics(token=TOKEN))
    async with caller(app) as http:
        good = await http.get("/metrics", headers={"authorization": f"Bearer {TOKEN}"})
        assert good.status_code == 200
        assert good.headers["cache-control"] == "private, no-store"
        for wrong in (f"Bearer {TOKEN}x", f"Basic {TOKEN}", TOKEN, "Bearer é"):
            raw = [(b"authorization", wrong.encode())]
            assert (await http.get("/metrics", headers=raw)).status_code == 404
    async with caller(app, "::1") as http:
        assert (await http.get("/metrics")).status_code == 200


@pytest.mark.parametrize(
    "header", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via", "X-Forwarded-Host", "X-Forwarded-Proto"]
)
async def test_what_a_proxy_on_this_machine_hands_on_is_from_elsewhere(header: str) -> None:
    async with caller(an_app(), "127.0.0.1") as http:
        assert (await http.get("/metrics", headers={header: "127.0.0.1"})).status_code == 404


async def _refused(reader: Reader) -> int:
    raise ConnectionRefusedError


async def test_the_database_s_pools_and_the_outbox(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    urls = await world.database("customer")
    database = Database(urls.app, pool_size=4)
    metrics = metrics_of(database, token="", outbox=True)
    await database.open()
    async with caller(an_app(metrics=metrics), "127.0.0.1") as http:
        async with database.transaction():
            text = (await http.get("/metrics")).text
        assert of(text, "database_pool_size", pool="read") == 4
        assert of(text, "database_pool_used", pool="read") == 0
        assert of(text, "database_pool_used", pool="write") == 1
        assert of(text, "outbox_depth") == 0
        monkeypatch.setattr("shared.web.app.depth", _refused)
        answer = await http.get("/metrics")
    assert answer.status_code == 200
    assert of(answer.text, "outbox_depth") is None
    await database.close()
