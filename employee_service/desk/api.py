"""`/api/v1/desk`: the bridge desk, for customer-facing staff. For everybody else it is not there."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query
from starlette.responses import JSONResponse, Response

from employee_service.desk.deps import bearer_token, gateway_of, internal_endings
from employee_service.desk.gateway import BridgeGateway
from employee_service.desk.schemas import DeskList, DeskThreadView, NoteCreate, PreviewView, ReplyCreate
from employee_service.desk.service import DeskReader, DeskService
from shared.bridge.messages import Purpose, ThreadStatus
from shared.web.edge import API, ApiRead, ApiWrite, WriteRoute
from shared.web.json import Json

router = APIRouter(prefix=f"{API}/desk", tags=["desk"], route_class=WriteRoute)

Gateway = Annotated[BridgeGateway, Depends(gateway_of)]
Token = Annotated[str | None, Depends(bearer_token)]
Endings = Annotated[tuple[str, ...], Depends(internal_endings)]
Ref = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$", description="The code of a shared thread")]

LIST: Json[DeskList] = Json(DeskList)
THREAD: Json[DeskThreadView] = Json(DeskThreadView)
PREVIEW: Json[PreviewView] = Json(PreviewView)


@router.get("/threads", response_model=DeskList, summary="What customers shared with staff")
async def list_threads(
    ctx: ApiRead,
    gateway: Gateway,
    token: Token,
    state: Annotated[ThreadStatus | None, Query(description="Only threads in this state")] = None,
    purpose: Annotated[Purpose | None, Query(description="Only threads shared for this")] = None,
    cursor: Annotated[
        str | None, Query(max_length=400, description="`next_cursor` of the page before")
    ] = None,
) -> Response:
    wanted = {"state": state, "purpose": purpose}
    filters = {name: str(value) for name, value in wanted.items() if value}
    return LIST(await DeskReader(ctx, gateway, token).threads(cursor=cursor, filters=filters))


@router.get("/threads/{ref}", response_model=DeskThreadView, summary="One thread, with notes and answers")
async def show_thread(ctx: ApiRead, gateway: Gateway, token: Token, ref: Ref) -> Response:
    return THREAD(await DeskReader(ctx, gateway, token).thread(ref))


@router.post("/threads/{ref}/notes", status_code=201, summary="Note something internal")
async def note(ctx: ApiWrite, ref: Ref, new: NoteCreate) -> Response:
    return _made(await DeskService(ctx).note(ref, new))


@router.post("/threads/{ref}/answers", status_code=202, summary="Answer in public")
async def answer(ctx: ApiWrite, endings: Endings, ref: Ref, new: ReplyCreate) -> Response:
    """The answer is kept and taken over the bridge as soon as it can be reached."""
    return _made(await DeskService(ctx).answer(ref, new, endings=endings), status=202)


@router.post("/threads/{ref}/answers/preview", response_model=PreviewView, summary="What customers would see")
async def preview(ctx: ApiRead, gateway: Gateway, token: Token, ref: Ref, new: ReplyCreate) -> Response:
    return PREVIEW(await DeskReader(ctx, gateway, token).preview(ref, new))


@router.put("/threads/{ref}/assignment", status_code=204, summary="Take a thread")
async def take(ctx: ApiWrite, ref: Ref) -> Response:
    await DeskService(ctx).assign(ref, to_me=True)
    return Response(status_code=204)


@router.delete("/threads/{ref}/assignment", status_code=204, summary="Give a thread back")
async def give_back(ctx: ApiWrite, ref: Ref) -> Response:
    await DeskService(ctx).assign(ref, to_me=False)
    return Response(status_code=204)


def _made(made: UUID, status: int = 201) -> Response:
    return JSONResponse({"id": str(made)}, status)
