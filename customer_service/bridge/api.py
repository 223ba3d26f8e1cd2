"""`/bridge/v1`: the only door between the two communities."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import JSONResponse, Response

from customer_service.bridge.callers import BOOKS, FOLLOW, READ, REPLY, Caller
from customer_service.bridge.errors import Closed
from customer_service.bridge.gate import Answer
from customer_service.bridge.reading import Reading
from customer_service.bridge.resources import Resources, resources_of
from shared.bridge.client import MAX_WAIT
from shared.bridge.manifest import manifest
from shared.bridge.messages import (
    ChangePage,
    LedgerPage,
    ManifestDocument,
    Purge,
    PurgeReceipt,
    Purpose,
    Reply,
    ReplyPreview,
    ReplyReceipt,
    Thread,
    ThreadList,
    ThreadStatus,
)
from shared.kernel import chain
from shared.web.limits import Limits

router = APIRouter(prefix="/bridge/v1", tags=["bridge"])

Open = Annotated[Resources, Depends(resources_of)]
Ref = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$", description="The code of a thread")]
Cursor = Annotated[str | None, Query(max_length=400, description="`next_cursor` of the page before")]
Limit = Annotated[int, Query(ge=1, le=100, description="Rows in the answer")]
WORD = r"^[a-z_]{1,40}$"


def manifest_document() -> ManifestDocument:
    """The manifest with its digest, so that a reader sees when it was changed in silence."""
    plain = manifest().plain()
    return ManifestDocument.model_validate(plain | {"digest": chain.digest(plain)})


@router.get(
    "/manifest",
    response_model=ManifestDocument,
    summary="Everything that may cross",
    openapi_extra={"security": []},
)
async def show_manifest(request: Request, open_: Open) -> Response:
    """For everybody, without a token. It stays readable while a manager holds the bridge closed: nothing of a
    customer is in it."""
    limits: Limits = request.app.state.limits
    limits.count_address(request.scope)
    if not open_.settings.enabled:
        raise Closed
    return JSONResponse(manifest_document().plain())


@router.get("/threads", response_model=ThreadList, summary="What is shared with the caller")
async def list_threads(
    request: Request,
    open_: Open,
    purpose: Annotated[Purpose | None, Query(description="Only threads shared for this")] = None,
    audience: Annotated[
        str | None, Query(pattern=WORD, description="Only threads shared with these: staff, systems")
    ] = None,
    state: Annotated[ThreadStatus | None, Query(description="Only threads in this state")] = None,
    kind: Annotated[
        str | None, Query(pattern=WORD, description="Only threads of this kind, such as question")
    ] = None,
    cursor: Cursor = None,
    limit: Limit = 25,
) -> Response:
    wanted = {"purpose": purpose, "audience": audience, "state": state, "kind": kind}
    filters = {name: value for name, value in wanted.items() if value is not None}

    async def use(session: AsyncSession, caller: Caller) -> Answer:
        return await Reading(session, caller, open_.cursors).threads(filters, cursor, limit)

    return await open_.answer(request, READ, use)


@router.get("/threads/{ref}", response_model=Thread, summary="One thread")
async def show_thread(request: Request, open_: Open, ref: Ref) -> Response:
    async def use(session: AsyncSession, caller: Caller) -> Answer:
        return await Reading(session, caller, open_.cursors).thread(ref)

    return await open_.answer(request, READ, use)


@router.post(
    "/threads/{ref}/replies",
    response_model=ReplyReceipt | ReplyPreview,
    status_code=202,
    summary="Answer officially",
    openapi_extra={"requestBody": {"content": {"application/json": {"schema": Reply.model_json_schema()}}}},
)
async def reply(
    request: Request,
    open_: Open,
    ref: Ref,
    preview: Annotated[bool, Query(description="Shows it and takes nothing")] = False,
) -> Response:
    """`Idempotency-Key` is required. With `preview=true` the text is shown as it would be, and not kept."""
    raw, key = await request.body(), request.headers.get("idempotency-key")

    async def use(session: AsyncSession, caller: Caller) -> Answer:
        inbound = open_.inbound(request, session, caller)
        if preview:
            return await inbound.preview(ref, raw, open_.settings)
        return await inbound.reply(ref, key, raw, open_.settings)

    return await open_.answer(request, REPLY, use)


@router.get("/changes", response_model=ChangePage, summary="What happened to what is shared")
async def list_changes(
    request: Request,
    open_: Open,
    cursor: Cursor = None,
    wait: Annotated[int, Query(ge=0, le=MAX_WAIT, description="Seconds to wait for news")] = 0,
    limit: Limit = 100,
) -> Response:
    """Ordered and without gaps. Keep `next_cursor`, also of an empty page, and come back with it."""
    until = asyncio.get_running_loop().time() + wait

    async def use(session: AsyncSession, caller: Caller) -> Answer | None:
        answer = await Reading(session, caller, open_.cursors).changes(cursor, limit)
        late = asyncio.get_running_loop().time() >= until or open_.bell.stopped
        return answer if answer.booked or late else None

    while True:
        news = open_.bell.mark()
        response = await open_.gate.cross(request, FOLLOW, use)
        if response is not None:
            return response
        await open_.bell.wait(news, until - asyncio.get_running_loop().time())


@router.post(
    "/changes/ack",
    response_model=PurgeReceipt,
    summary="Confirm that what was withdrawn is deleted",
    openapi_extra={"requestBody": {"content": {"application/json": {"schema": Purge.model_json_schema()}}}},
)
async def acknowledge(request: Request, open_: Open) -> Response:
    raw = await request.body()

    async def use(session: AsyncSession, caller: Caller) -> Answer:
        return await open_.inbound(request, session, caller).purge(raw)

    return await open_.answer(request, FOLLOW, use)


@router.get("/ledger", response_model=LedgerPage, summary="The caller's own book of crossings")
async def show_ledger(request: Request, open_: Open, cursor: Cursor = None, limit: Limit = 100) -> Response:
    """Reading the book is no crossing and adds no row to it. How often it may be begun has a limit."""

    async def use(session: AsyncSession, caller: Caller) -> Answer:
        if cursor is None:
            limits: Limits = request.app.state.limits
            limits.count_export(request.scope, caller.client)
        return await Reading(session, caller, open_.cursors).ledger(cursor, limit)

    return await open_.answer(request, BOOKS, use)
