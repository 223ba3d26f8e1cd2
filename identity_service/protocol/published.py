"""Documents that everybody reads, kept as bytes with their ETag."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

CACHE = "public, max-age=300"


@dataclass(frozen=True, slots=True)
class Published:
    """One document as it goes out, made once for each of its versions."""

    version: object
    body: bytes
    tag: str

    @classmethod
    def of(cls, version: object, document: dict[str, Any]) -> "Published":
        body = json.dumps(document, separators=(",", ":")).encode()
        return cls(version, body, f'"{hashlib.sha256(body).hexdigest()[:16]}"')


def publish(request: Request, name: str, version: object, make: Callable[[], dict[str, Any]]) -> Response:
    """The document `name`, from memory while `version` stays; 304 to who has it already."""
    kept: dict[str, Published] = request.app.state.published
    found = kept.get(name)
    if found is None or found.version != version:
        found = kept[name] = Published.of(version, make())
    headers = {"ETag": found.tag, "Cache-Control": CACHE}
    known = request.headers.get("if-none-match", "")
    if any(tag.strip().removeprefix("W/") in (found.tag, "*") for tag in known.split(",")):
        return Response(status_code=304, headers=headers)
    return Response(found.body, media_type="application/json", headers=headers)
