"""Figures about this process for Prometheus: `/metrics`.

Labels are routes, methods and classes of status, all of them known beforehand: never a person, an id, a word
of an address or of content. Requests are counted in plain Python by the one thread that answers them, which
costs a fraction of the library's own counters; the library writes the format and the process's figures.
"""

import secrets
from bisect import bisect_left
from collections.abc import Awaitable, Callable, Iterator, Mapping
from ipaddress import ip_address
from typing import Final

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from shared.kernel.errors import NotFound

BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Upper bounds in seconds; a call that waits for news may be held for 25."""
_BOUNDS: Final = [*(str(bound) for bound in BUCKETS), "+Inf"]
_CLASSES: Final = ("none", "1xx", "2xx", "3xx", "4xx", "5xx")
"""`none`: the caller was gone before an answer began."""
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
UNKNOWN: Final = "unknown"
"""The one label of everything that led to no route."""
_FORWARDING: Final = (
    "x-forwarded-for",
    "forwarded",
    "x-real-ip",
    "via",
    "x-forwarded-host",
    "x-forwarded-proto",
)

Gauges = Callable[[], Awaitable[Mapping[str, float]]]
Pools = Callable[[], Mapping[str, tuple[int, int]]]


class _Series:
    """What is counted of one route and method."""

    __slots__ = ("by_bucket", "by_class", "seconds")

    def __init__(self) -> None:
        self.by_class = [0] * len(_CLASSES)
        self.by_bucket = [0] * len(_BOUNDS)
        self.seconds = 0.0


class Requests(Collector):
    """Counts requests. `began` and `ended` are called around each, by the thread of the event loop only."""

    def __init__(self) -> None:
        self.in_flight = 0
        self._series: dict[tuple[str, str], _Series] = {}

    def began(self) -> None:
        self.in_flight += 1

    def ended(self, scope: Scope, status: int, seconds: float) -> None:
        self.in_flight -= 1
        key = _route(scope), scope["method"] if scope["method"] in _METHODS else "other"
        series = self._series.get(key)
        if series is None:
            series = self._series[key] = _Series()
        series.by_class[status // 100] += 1
        series.by_bucket[bisect_left(BUCKETS, seconds)] += 1
        series.seconds += seconds

    def collect(self) -> Iterator[Metric]:
        requests = CounterMetricFamily(
            "http_requests", "Requests answered", labels=("route", "method", "status")
        )
        durations = HistogramMetricFamily(
            "http_request_duration_seconds", "From the request to the end of its answer",
            labels=("route", "method"),
        )  # fmt: skip
        for labels, series in self._series.items():
            for name, count in zip(_CLASSES, series.by_class, strict=True):
                if count:
                    requests.add_metric((*labels, name), count)
            total, buckets = 0, []
            for bound, count in zip(_BOUNDS, series.by_bucket, strict=True):
                total += count
                buckets.append((bound, total))
            durations.add_metric(labels, buckets, series.seconds)
        yield requests
        yield durations
        yield GaugeMetricFamily("http_requests_in_flight", "Being answered", self.in_flight)


def _route(scope: Scope) -> str:
    template: str | None = getattr(scope.get("route"), "path_format", None)
    if template is not None:
        return template
    return "/static" if scope["path"].startswith("/static/") else UNKNOWN


class _Pools(Collector):
    """Connections to the database, by pool."""

    def __init__(self, pools: Pools) -> None:
        self._pools = pools

    def collect(self) -> Iterator[Metric]:
        size = GaugeMetricFamily("database_pool_size", "Connections it may have", labels=("pool",))
        used = GaugeMetricFamily("database_pool_used", "Connections in use", labels=("pool",))
        for name, (most, now) in self._pools().items():
            size.add_metric((name,), most)
            used.add_metric((name,), now)
        yield size
        yield used


class Metrics:
    """All figures of one app. `gauges` are read at each request and leave out what cannot be known."""

    def __init__(self, *, token: str = "", pools: Pools | None = None, gauges: Gauges | None = None) -> None:
        self.requests = Requests()
        self._token = token.encode()
        self._gauges = gauges
        self._registry = CollectorRegistry()
        self._registry.register(self.requests)
        ProcessCollector(registry=self._registry)
        if pools is not None:
            self._registry.register(_Pools(pools))

    async def answer(self, request: Request) -> Response:
        """`GET /metrics`. Raises `NotFound` for everybody who may not read it."""
        if not (self._has_token(request) or from_this_machine(request)):
            raise NotFound
        body = generate_latest(self._registry)
        for name, value in (await self._gauges() if self._gauges else {}).items():
            body += f"# TYPE {name} gauge\n{name} {value}\n".encode()
        return Response(body, media_type=CONTENT_TYPE_LATEST)

    def _has_token(self, request: Request) -> bool:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        if not self._token or scheme.lower() != "bearer":
            return False
        return secrets.compare_digest(given.strip().encode(), self._token)


def from_this_machine(request: Request) -> bool:
    """A caller on the loopback that speaks for itself: what a proxy hands on is from elsewhere, whichever
    address stands in its headers."""
    if request.client is None or any(name in request.headers for name in _FORWARDING):
        return False
    try:
        return ip_address(request.client.host).is_loopback
    except ValueError:
        return False
