"""The forms of the panel on a topic's page, which lead back to it, and a space's page for its managers."""

from datetime import UTC, date, datetime, time, tzinfo
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import Response

from customer_service.sharing.names import Audience, Purpose
from customer_service.sharing.schemas import CompanyAsked, Reason, SharingCreate
from customer_service.sharing.service import SharingService, space_row, topic_row
from shared.kernel.errors import invalid_field
from shared.tools.spaces.deps import managers_only
from shared.web.edge import PageRead, PageWrite, WriteRoute
from shared.web.page import see, show
from shared.web.times import zone_named

router = APIRouter(include_in_schema=False, route_class=WriteRoute)


def _back(topic_id: UUID) -> Response:
    return see(f"/t/{topic_id}#sharing")


def _end_of(day: str, zone: tzinfo) -> datetime | None:
    """The end of that day in the person's zone; None for an empty field. Raises `Invalid`."""
    if not day:
        return None
    try:
        return datetime.combine(date.fromisoformat(day), time.max, zone).astimezone(UTC)
    except (ValueError, OverflowError):
        raise invalid_field("/until", "sharing.no_such_day", "There is no such day.") from None


@router.post("/t/{topic_id}/share")
async def share(
    ctx: PageWrite,
    topic_id: UUID,
    reason: Annotated[Reason, Form()],
    purpose: Annotated[Purpose, Form()] = "support",
    audience: Annotated[Audience, Form()] = "staff",
    until: Annotated[str, Form(pattern=r"^(\d{4}-\d{2}-\d{2})?$")] = "",
) -> Response:
    ends = _end_of(until, zone_named(ctx.actor.time_zone))
    wanted = SharingCreate(purpose=purpose, audience=audience, reason=reason, until=ends)
    await SharingService(ctx.person()).share(topic_id, wanted)
    return _back(topic_id)


@router.post("/t/{topic_id}/ask-company")
async def ask_company(
    ctx: PageWrite,
    topic_id: UUID,
    reason: Annotated[str, Form(max_length=500)] = "",
    show_name: Annotated[bool, Form()] = False,
) -> Response:
    given = {"reason": reason} if reason.strip() else {}
    await SharingService(ctx.person()).ask(topic_id, CompanyAsked(show_name=show_name, **given))
    return _back(topic_id)


@router.post("/t/{topic_id}/withdraw")
async def withdraw(ctx: PageWrite, topic_id: UUID) -> Response:
    await SharingService(ctx.person()).withdraw(topic_id)
    return _back(topic_id)


@router.get("/manage/spaces/{space_id:uuid}/sharing", dependencies=[Depends(managers_only)])
async def show_space(request: Request, ctx: PageRead, space_id: UUID) -> Response:
    row = await space_row(ctx, space_id)
    return await show(request, ctx, "sharing/space.html", here=row["slug"], space=row)


@router.post("/manage/spaces/{space_id:uuid}/sharing", dependencies=[Depends(managers_only)])
async def open_space(ctx: PageWrite, space_id: UUID, allowed: Annotated[bool, Form()]) -> Response:
    await SharingService(ctx.person()).open_space(space_id, allowed=allowed)
    return see(f"/manage/spaces/{space_id}/sharing?done=sharing")


@router.post("/t/{topic_id}/allow-sharing")
async def allow_sharing(ctx: PageWrite, topic_id: UUID) -> Response:
    row = await topic_row(ctx, topic_id)
    await SharingService(ctx.person()).open_space(row["space_id"], allowed=True)
    return _back(topic_id)
