"""`/desk` and `/desk/{ref}`. For staff without the role these addresses do not exist."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Path, Query, Request
from starlette.responses import Response

from employee_service.desk.deps import gateway_of, session_token
from employee_service.desk.gateway import BridgeGateway
from employee_service.desk.rendering import from_outside
from employee_service.desk.schemas import REACH_WORDS, NoteCreate, ReplyCreate
from employee_service.desk.service import DeskReader, DeskService
from shared.bridge.messages import ThreadStatus
from shared.db.context import ReadContext
from shared.kernel.errors import Conflict, Invalid, Unavailable
from shared.web.edge import PageRead, PageWrite, WriteRoute
from shared.web.forms import NOTHING_WRONG, Refusal, read
from shared.web.page import see, show

router = APIRouter(prefix="/desk", include_in_schema=False, route_class=WriteRoute)

Gateway = Annotated[BridgeGateway, Depends(gateway_of)]
Token = Annotated[str | None, Depends(session_token)]
Ref = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$")]
Typed = Annotated[str, Form()]

NOTE_IDS = {"body": "note-text"}
ANSWER_IDS = {"body": "answer-text", "public_name": "f-public_name"}


@router.get("")
async def list_threads(
    request: Request,
    ctx: PageRead,
    gateway: Gateway,
    token: Token,
    state: ThreadStatus | None = None,
    cursor: Annotated[str | None, Query(max_length=400)] = None,
) -> Response:
    filters: dict[str, str] = {"state": state} if state else {}
    found = await DeskReader(ctx, gateway, token).threads(cursor=cursor, filters=filters)
    return await show(
        request, ctx, "desk/list.html", found=found, state=state, trouble=REACH_WORDS.get(found.reach)
    )


async def _page(
    request: Request, ctx: ReadContext, gateway: BridgeGateway, token: str | None, ref: str, **values: Any
) -> Response:
    view = await DeskReader(ctx, gateway, token).thread(ref)
    defaults: dict[str, Any] = {
        "note_text": "",
        "body": "",
        "public_name": "",
        "refused": NOTHING_WRONG,
        "note_refused": NOTHING_WRONG,
        "preview_html": "",
    }
    trouble = REACH_WORDS.get(view.reach)
    rendered = await from_outside(view.texts)
    return await show(
        request, ctx, "desk/thread.html", desk=view, trouble=trouble, rendered=rendered, **(defaults | values)
    )


@router.get("/{ref}")
async def show_thread(request: Request, ctx: PageRead, gateway: Gateway, token: Token, ref: Ref) -> Response:
    return await _page(request, ctx, gateway, token, ref)


@router.post("/{ref}/notes")
async def note(
    request: Request, ctx: PageWrite, gateway: Gateway, token: Token, ref: Ref, body: Typed = ""
) -> Response:
    try:
        await DeskService(ctx).note(ref, read(NoteCreate, body=body))
    except Invalid as problem:
        refused = Refusal(problem, ids=NOTE_IDS, about="body")
        return await _page(
            request, ctx, gateway, token, ref, note_text=body, note_refused=refused, status=422
        )
    return see(f"/desk/{ref}#notes")


@router.post("/{ref}/answers")
async def answer(
    request: Request,
    ctx: PageWrite,
    gateway: Gateway,
    token: Token,
    ref: Ref,
    body: Typed = "",
    public_name: Typed = "",
    preview: Typed = "",
) -> Response:
    typed = {"body": body, "public_name": public_name}
    try:
        new = read(ReplyCreate, body=body, public_name=public_name)
        if preview:
            shown = await DeskReader(ctx, gateway, token).preview(ref, new)
            return await _page(request, ctx, gateway, token, ref, preview_html=shown.html, **typed)
        await DeskService(ctx).answer(ref, new)
    except (Invalid, Conflict, Unavailable) as problem:
        refused = Refusal(problem, ids=ANSWER_IDS, about="body")
        return await _page(request, ctx, gateway, token, ref, refused=refused, status=422, **typed)
    return see(f"/desk/{ref}#answers")


@router.post("/{ref}/assignment")
async def assign(ctx: PageWrite, ref: Ref, take: Annotated[bool, Form()] = True) -> Response:
    await DeskService(ctx).assign(ref, to_me=take)
    return see(f"/desk/{ref}")
