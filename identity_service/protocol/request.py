"""Requests and answers as Authlib's synchronous code wants them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from authlib.oauth2.rfc6749 import OAuth2Payload, OAuth2Request
from starlette.requests import Request

from shared.kernel.errors import Invalid

Parameters = Mapping[str, list[str]]
FORM = "application/x-www-form-urlencoded"


class BadParameters(Invalid):
    code = "oauth.bad_parameters"
    title = "The parameters cannot be read"


class Payload(OAuth2Payload):  # type: ignore[misc] # Authlib carries no types
    """Parameters by name; the first value counts, and which may be repeated is checked elsewhere."""

    def __init__(self, parameters: Parameters) -> None:
        self._data = {name: values[0] for name, values in parameters.items()}
        self._datalist = defaultdict(list, {name: list(values) for name, values in parameters.items()})

    @property
    def data(self) -> dict[str, str]:
        return self._data

    @property
    def datalist(self) -> defaultdict[str, list[str]]:
        return self._datalist


class ProtocolRequest(OAuth2Request):  # type: ignore[misc] # Authlib carries no types
    """A request whose body was read already.

    Its address is made from the issuer, never from the `Host` header: Authlib refuses plain http off
    loopback, and behind a proxy the header says nothing. `proofs` are its DPoP headers; `is_pushed` says of
    an authorization request that its client left it here first.
    """

    is_pushed = False

    def __init__(
        self,
        issuer: str,
        path: str,
        method: str,
        headers: Mapping[str, str],
        parameters: Parameters,
        proofs: tuple[str, ...] = (),
    ) -> None:
        super().__init__(method, issuer + path, headers=headers)
        self.path = path
        self.proofs = proofs
        self.payload = Payload(parameters)

    @property
    def form(self) -> dict[str, str]:
        data: dict[str, str] = self.payload.data
        return data

    @property
    def args(self) -> dict[str, str]:
        return self.form

    @property
    def resources(self) -> list[str]:
        """Every `resource` of the request (RFC 8707); `audience` (RFC 8693) means the same here."""
        data = self.payload.datalist
        return [*data.get("resource", []), *data.get("audience", [])]


class Headers(dict[str, str]):
    """Headers under the names Authlib asks for (`Authorization`)."""

    @classmethod
    def of(cls, request: Request) -> "Headers":
        return cls({name.title(): value for name, value in request.headers.items()})


@dataclass(slots=True)
class Answer:
    """Status, body (JSON or text) and headers, as Authlib's grants give them."""

    status: int
    body: Any
    headers: list[tuple[str, str]] = field(default_factory=list)

    @property
    def location(self) -> str | None:
        return next((value for name, value in self.headers if name == "Location"), None)


async def form_parameters(request: Request) -> dict[str, list[str]]:
    """The parameters of a form body; none of an empty one. Raises BadParameters for another type of body or
    bad text."""
    body = await request.body()
    if not body:
        return {}
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
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
    """RFC 6749 section 3.1: a parameter without a value counts as left out."""
    try:
        pairs: Sequence[tuple[str, str]] = parse_qsl(text, errors="strict", max_num_fields=100)
    except ValueError:
        raise BadParameters from None
    collected: dict[str, list[str]] = {}
    for name, value in pairs:
        if "\0" in name or "\0" in value:
            raise BadParameters
        collected.setdefault(name, []).append(value)
    return collected


def repeated(parameters: Parameters, *, admitted: frozenset[str] = frozenset({"resource"})) -> str | None:
    """The name of a parameter that came twice and may not (RFC 6749 section 3.1)."""
    return next(
        (name for name, values in parameters.items() if len(values) > 1 and name not in admitted), None
    )
