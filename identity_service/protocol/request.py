"""Requests as they came, and answers to clients."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import unquote_plus, unquote_to_bytes

from authlib.oauth2.rfc6749 import OAuth2Error
from starlette.requests import Request

from shared.kernel.errors import Invalid
from shared.web.headers import header

Parameters = Mapping[str, list[str]]
FORM = "application/x-www-form-urlencoded"
_MOST_PARAMETERS: Final = 100


class BadParameters(Invalid):
    code = "oauth.bad_parameters"
    title = "The parameters cannot be read"


class ProtocolRequest:
    """A request of a client whose body was read already.

    `authorization` is that header, `basic` the client and secret in it, `proofs` are the `DPoP` headers. The
    first value of a parameter counts in `form`; which may be repeated is checked elsewhere.
    """

    __slots__ = ("authorization", "basic", "form", "parameters", "path", "proofs")

    def __init__(
        self,
        path: str,
        parameters: Parameters,
        *,
        authorization: str | None = None,
        proofs: tuple[str, ...] = (),
    ) -> None:
        self.path = path
        self.parameters = parameters
        self.authorization = authorization
        self.basic = basic_pair(authorization)
        self.proofs = proofs
        self.form: dict[str, str] = {name: values[0] for name, values in parameters.items()}

    @property
    def resources(self) -> list[str]:
        """Every `resource` of the request (RFC 8707); `audience` (RFC 8693) means the same here."""
        return resources_in(self.parameters)


def basic_pair(header: str | None) -> tuple[str, str] | None:
    """Client and secret of `Authorization: Basic`. Both are form-encoded (RFC 6749 section 2.3.1), so + is a
    space."""
    scheme, _, encoded = (header or "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode("utf-8")
        client_id, colon, secret = text.partition(":")
        pair = unquote_plus(client_id, errors="strict"), unquote_plus(secret, errors="strict")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None
    return pair if colon and "\0" not in pair[0] else None


def resources_in(parameters: Parameters) -> list[str]:
    return [*parameters.get("resource", []), *parameters.get("audience", [])]


@dataclass(slots=True)
class Answer:
    """Status, JSON and headers of an answer to a client."""

    status: int
    body: dict[str, Any]
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def refusing(cls, error: OAuth2Error) -> "Answer":
        """RFC 6749 section 5.2."""
        headers = {name: value for name, value in error.get_headers() if name == "WWW-Authenticate"}
        return cls(error.status_code, dict(error.get_body()), headers)


async def form_parameters(request: Request) -> dict[str, list[str]]:
    """The parameters of a form body; none of an empty one. Raises BadParameters for another type of body or
    bad text."""
    body = await request.body()
    if not body:
        return {}
    if (header(request.scope, b"content-type") or "").partition(";")[0].strip().lower() != FORM:
        raise BadParameters(f"The body must be {FORM}")
    try:
        text = body.decode("ascii")
    except UnicodeDecodeError:
        raise BadParameters from None
    return _collect(text)


def query_parameters(request: Request) -> dict[str, list[str]]:
    """The parameters of the address. Raises BadParameters."""
    try:
        return _collect(request.scope["query_string"].decode("ascii"))
    except UnicodeDecodeError:
        raise BadParameters from None


def _collect(text: str) -> dict[str, list[str]]:
    """As forms are encoded (URL Standard, section application/x-www-form-urlencoded). RFC 6749 section 3.1: a
    parameter without a value counts as left out."""
    collected: dict[str, list[str]] = {}
    pairs = text.split("&", _MOST_PARAMETERS)
    if len(pairs) > _MOST_PARAMETERS:
        raise BadParameters
    for pair in pairs:
        name, _, value = pair.partition("=")
        if value:
            collected.setdefault(_decoded(name), []).append(_decoded(value))
    return collected


def _decoded(text: str) -> str:
    """Raises BadParameters for what is no UTF-8, and for NUL, which PostgreSQL does not hold."""
    if "%" in text or "+" in text:
        try:
            text = unquote_to_bytes(text.replace("+", " ")).decode("utf-8")
        except UnicodeDecodeError:
            raise BadParameters from None
    if "\0" in text:
        raise BadParameters
    return text


def repeated(parameters: Parameters, *, admitted: frozenset[str] = frozenset({"resource"})) -> str | None:
    """The name of a parameter that came twice and may not (RFC 6749 section 3.1)."""
    return next(
        (name for name, values in parameters.items() if len(values) > 1 and name not in admitted), None
    )
