"""Calling the bridge. Each call is one request over the network and says so: it can take seconds and fail.

The client keeps nothing and tries nothing twice; what must arrive waits in the caller's outbox.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Generic, Literal, TypeVar
from uuid import UUID

import httpx
from pydantic import ValidationError

from shared.bridge.errors import BridgeUnreachable, ContractBroken, refusal
from shared.bridge.messages import (
    ChangePage,
    LedgerPage,
    ManifestDocument,
    Message,
    ProblemDocument,
    Purge,
    PurgeReceipt,
    Reply,
    ReplyPreview,
    ReplyReceipt,
    Thread,
    ThreadList,
)

Body = TypeVar("Body", bound=Message)

CONNECT_SECONDS: Final = 2.0
READ_SECONDS: Final = 5.0
MAX_WAIT: Final = 25
"""Seconds that the change feed may hold a call open."""
MAX_ANSWER: Final = 8 * 1024 * 1024
"""Bytes beyond which an answer is refused."""


@dataclass(frozen=True, slots=True)
class Crossing(Generic[Body]):
    """A message that crossed, and what both sides write into their ledgers about it.

    `carried` is what the digest covers, as JSON values: the answer for a read, what was sent for a write.
    An empty page of changes carries nothing and is not `booked`.
    """

    body: Body
    crossing_id: str
    direction: Literal["outward", "inward"]
    message: str
    carried: Mapping[str, Any]

    @property
    def booked(self) -> bool:
        return not (isinstance(self.body, ChangePage) and not self.body.data)


class BridgeClient:
    """`token` is an access token for the bridge as audience; who asks decides what is answered.

    `before` is called with each request before it leaves, to add headers.
    """

    def __init__(
        self,
        base_url: str,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        before: Callable[[httpx.Request], Awaitable[None]] | None = None,
    ) -> None:
        self._http = httpx.AsyncClient(
            base_url=base_url,
            timeout=httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS),
            transport=transport,
            event_hooks={"request": [before] if before else []},
            follow_redirects=False,
            trust_env=False,
        )

    async def __aenter__(self) -> "BridgeClient":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        await self._http.aclose()

    async def manifest(self, token: str) -> ManifestDocument:
        """What may cross, as the bridge sees it. It is no crossing and has no ledger row."""
        answer = await self._call(token, "GET", "/manifest")
        return _read(ManifestDocument, _json(answer))

    async def threads(
        self, token: str, *, cursor: str | None = None, filters: Mapping[str, str] | None = None
    ) -> Crossing[ThreadList]:
        """A page of what is shared with the caller; `filters`: purpose, audience, state, kind, limit."""
        query = dict(filters or {}) | ({"cursor": cursor} if cursor else {})
        return _outward(ThreadList, await self._call(token, "GET", "/threads", params=query))

    async def thread(self, token: str, ref: str) -> Crossing[Thread]:
        """Raises `NotShared` when it is not shared with the caller, or not any more."""
        return _outward(Thread, await self._call(token, "GET", f"/threads/{_hex(ref)}"))

    async def changes(self, token: str, cursor: str | None, *, wait: int = 0) -> Crossing[ChangePage]:
        """The changes after `cursor`; with `wait`, the call is held open up to that many seconds."""
        query = {"wait": str(wait)} | ({"cursor": cursor} if cursor else {})
        timeout = httpx.Timeout(READ_SECONDS + wait, connect=CONNECT_SECONDS)
        answer = await self._call(token, "GET", "/changes", params=query, timeout=timeout)
        return _outward(ChangePage, answer)

    async def acknowledge(self, token: str, purge: Purge) -> Crossing[PurgeReceipt]:
        """Says that everything withdrawn up to the cursor is deleted here."""
        answer = await self._call(token, "POST", "/changes/ack", json=purge.plain())
        return _inward(PurgeReceipt, purge, answer)

    async def preview(self, token: str, ref: str, reply: Reply) -> Crossing[ReplyPreview]:
        """What the customer would see. Raises `ReplyRefused` with pointers. The text is not kept."""
        answer = await self._call(
            token,
            "POST",
            f"/threads/{_hex(ref)}/replies",
            params={"preview": "true"},
            json=reply.plain(),
            headers={"Idempotency-Key": "preview"},
        )
        return _outward(ReplyPreview, answer)

    async def reply(self, token: str, ref: str, reply: Reply, *, key: str) -> Crossing[ReplyReceipt]:
        """Answers officially. The same `key` again answers as the first time and posts nothing twice."""
        headers = {"Idempotency-Key": key}
        path = f"/threads/{_hex(ref)}/replies"
        answer = await self._call(token, "POST", path, json=reply.plain(), headers=headers)
        return _inward(ReplyReceipt, reply, answer)

    async def ledger(self, token: str, *, cursor: str | None = None) -> LedgerPage:
        """A page of the bridge's book about this caller. It is no crossing and has no ledger row."""
        query = {"cursor": cursor} if cursor else {}
        return _read(LedgerPage, _json(await self._call(token, "GET", "/ledger", params=query)))

    async def _call(self, token: str, method: str, path: str, **options: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}"} | options.pop("headers", {})
        try:
            answer = await self._http.request(method, f"/bridge/v1{path}", headers=headers, **options)
        except httpx.HTTPError as error:
            raise BridgeUnreachable(type(error).__name__) from error
        if len(answer.content) > MAX_ANSWER:
            raise ContractBroken("the answer is too long")
        if answer.is_success:
            return answer
        if answer.headers.get("content-type", "").startswith("application/problem+json"):
            carried = _json(answer)
            raise refusal(_read(ProblemDocument, carried), _crossing_id(answer), carried)
        raise BridgeUnreachable(f"HTTP {answer.status_code} from something that is not the bridge")


def _outward(body: type[Body], answer: httpx.Response) -> Crossing[Body]:
    carried = _json(answer)
    return Crossing(_read(body, carried), _crossing_id(answer), "outward", body.message_name, carried)


def _inward(receipt: type[Body], sent: Message, answer: httpx.Response) -> Crossing[Body]:
    body = _read(receipt, _json(answer))
    return Crossing(body, _crossing_id(answer), "inward", sent.message_name, sent.plain())


def _json(answer: httpx.Response) -> dict[str, Any]:
    try:
        value = answer.json()
    except ValueError as error:
        raise ContractBroken("the answer is no JSON") from error
    if not isinstance(value, dict):
        raise ContractBroken("the answer is no JSON object")
    return value


def _read(body: type[Body], value: dict[str, Any]) -> Body:
    try:
        return body.model_validate(value)
    except ValidationError as error:
        places = ", ".join("/".join(map(str, fault["loc"])) for fault in error.errors(include_input=False))
        raise ContractBroken(f"the answer is no {body.message_name}: {places}") from error


def _crossing_id(answer: httpx.Response) -> str:
    crossing_id: str | None = answer.headers.get("crossing-id")
    if not crossing_id:
        raise ContractBroken("the answer carries no Crossing-Id")
    return crossing_id


def _hex(ref: str) -> str:
    """A ref as a path segment; what is no ref never becomes part of an address."""
    return UUID(hex=ref).hex
