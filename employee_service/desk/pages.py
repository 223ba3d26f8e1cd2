"""`/desk` and `/desk/{ref}`. For staff without the role these addresses do not exist."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Path, Query, Request
from starlette.responses import Response

from employee_service.desk.deps import gateway_of, internal_endings, session_token
from employee_service.desk.gateway import BridgeGateway
from employee_service.desk.rendering import from_outside
from employee_service.desk.schemas import REACH_WORDS, NoteCreate, ReplyCreate
from employee_service.desk.service import DeskReader, DeskService
from shared.bridge.messages import ThreadStatus
from shared.db.context import ReadContext
from shared.kernel.errors import Conflict, Invalid, Unavailable
from shared.web.csrf import own_form_only
from shared.web.edge import PageRead, PageWrite, WriteRoute
from shared.web.forms import NOTHING_WRONG, Refusal, read
from shared.web.page import ShowAgain, see, show

router = APIRouter(prefix="/desk", include_in_schema=False, route_class=WriteRoute)

Gateway = Annotated[BridgeGateway, Depends(gateway_of)]
Token = Annotated[str | None, Depends(session_token)]
Endings = Annotated[tuple[str, ...], Depends(internal_endings)]
Ref = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$")]
Typed = Annotated[str, Form()]

NOTE_IDS = {"body": "note-text"}
ANSWER_LABELS = {"body": "Official answer", "public_name": "Name or role beside it"}
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
    request: Request, ctx: ReadContext, gateway: BridgeGateway, ref: str, **values: Any
) -> Response:
    """Asks identity and the bridge: never drawn while a transaction is open."""
    view = await DeskReader(ctx, gateway, await session_token(request)).thread(ref)
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
async def show_thread(request: Request, ctx: PageRead, gateway: Gateway, ref: Ref) -> Response:
    return await _page(request, ctx, gateway, ref)


@router.post("/{ref}/notes")
async def note(ctx: PageWrite, gateway: Gateway, ref: Ref, body: Typed = "") -> Response:
    try:
        await DeskService(ctx).note(ref, read(NoteCreate, body=body))
    except Invalid as problem:
        refused = Refusal(problem, ids=NOTE_IDS, about="body", labels={"body": "Internal note"})
        raise ShowAgain(_page, gateway, ref, note_text=body, note_refused=refused) from None
    return see(f"/desk/{ref}#notes")


@router.post("/{ref}/answers")
async def answer(
    ctx: PageWrite,
    gateway: Gateway,
    endings: Endings,
    ref: Ref,
    body: Typed = "",
    public_name: Typed = "",
) -> Response:
    try:
        new = read(ReplyCreate, body=body, public_name=public_name)
        await DeskService(ctx).answer(ref, new, endings=endings)
    except (Invalid, Conflict) as problem:
        refused = Refusal(problem, ids=ANSWER_IDS, about="body", labels=ANSWER_LABELS)
        raise ShowAgain(_page, gateway, ref, refused=refused, body=body, public_name=public_name) from None
    return see(f"/desk/{ref}#answers")


@router.post("/{ref}/answers/preview", dependencies=[Depends(own_form_only)])
async def preview(
    request: Request,
    ctx: PageRead,
    gateway: Gateway,
    token: Token,
    ref: Ref,
    body: Typed = "",
    public_name: Typed = "",
) -> Response:
    typed = {"body": body, "public_name": public_name}
    try:
        new = read(ReplyCreate, body=body, public_name=public_name)
        shown = await DeskReader(ctx, gateway, token).preview(ref, new)
    except (Invalid, Conflict, Unavailable) as problem:
        refused = Refusal(problem, ids=ANSWER_IDS, about="body", labels=ANSWER_LABELS)
        return await _page(request, ctx, gateway, ref, refused=refused, status=422, **typed)
    return await _page(request, ctx, gateway, ref, preview_html=shown.html, **typed)


@router.post("/{ref}/assignment")
async def assign(ctx: PageWrite, ref: Ref, take: Annotated[bool, Form()] = True) -> Response:
    await DeskService(ctx).assign(ref, to_me=take)
    return see(f"/desk/{ref}")
