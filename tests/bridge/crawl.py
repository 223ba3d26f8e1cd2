"""Calling every route of the bridge, found by reflection, as every sort of caller."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any, get_args

import httpx
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from pydantic import ValidationError
from starlette.routing import Route

from shared.bridge.messages import Message
from tests.bridge.conftest import Outside

BODIES: tuple[Any, ...] = (
    {"body": "A plain answer", "public_name": "Support"},
    {"cursor": "nothing"},
    {},
)
QUERIES: tuple[dict[str, str], ...] = ({}, {"preview": "true"}, {"state": "open", "limit": "1"})


@dataclass
class Found:
    """One answer: where from, its text with all headers, and its message when it is one."""

    route: str
    status: int
    text: str
    crossing_id: str
    message: Message | None


def routes(app: FastAPI | APIRouter) -> Iterator[Route]:
    """All of them, also those of routers that FastAPI keeps folded."""
    for route in app.routes:
        folded = getattr(route, "original_router", None)
        if folded is not None:
            yield from routes(folded)
        elif isinstance(route, Route):
            yield route


async def crawl(outside: Outside, refs: list[str]) -> list[Found]:
    """Every method of every route, with and without token, with every ref and body."""
    tokens = [None, outside.staff(), outside.program("bridge:read bridge:changes bridge:ledger")]
    found = []
    for number, (route, token) in enumerate(product(list(routes(outside.app)), tokens)):
        for path, method in product(paths(route, refs), sorted(route.methods or ())):
            for query, body in product(QUERIES, BODIES if method == "POST" else (None,)):
                headers = {"Authorization": f"Bearer {token}"} if token else {}
                headers["Idempotency-Key"] = f"crawl-{number}"
                answer = await outside.http.request(method, path, params=query, json=body, headers=headers)
                found.append(looked_at(route, method, answer))
    return found


def paths(route: Route, refs: list[str]) -> list[str]:
    names = list(route.param_convertors)
    values = {name: refs if name == "ref" else ["bridge.closed"] for name in names}
    return [
        route.path.format(**dict(zip(names, chosen, strict=True)))
        for chosen in product(*(values[name] for name in names))
    ]


def looked_at(route: Route, method: str, answer: httpx.Response) -> Found:
    text = answer.text + "\n".join(f"{name}: {value}" for name, value in answer.headers.items())
    crossing_id = answer.headers["crossing-id"]
    return Found(f"{method} {route.path}", answer.status_code, text, crossing_id, message_of(route, answer))


def message_of(route: Route, answer: httpx.Response) -> Message | None:
    """The answer as the message its route promises; None for anything else, such as a problem or a page."""
    if not isinstance(route, APIRoute) or not answer.is_success:
        return None
    models = get_args(route.response_model) or (route.response_model,)
    for model in models:
        if isinstance(model, type) and issubclass(model, Message):
            try:
                return model.model_validate_json(answer.content)
            except ValidationError:
                continue
    return None


def texts(message: Message) -> Iterator[tuple[str, str]]:
    """Every text in a message with its place in the manifest, such as `thread.title`."""
    for name in type(message).model_fields:
        yield from _texts(f"{message.message_name}.{name}", getattr(message, name))


def _texts(place: str, value: Any) -> Iterator[tuple[str, str]]:
    match value:
        case Message():
            yield from texts(value)
        case list():
            for item in value:
                yield from _texts(place, item)
        case str():
            yield place, value
        case _:
            return
