"""Polling for security events (RFC 8936)."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.responses import JSONResponse, Response

from identity_service.events import service
from identity_service.protocol.resource_server import ResourceServer, authenticated_resource_server
from identity_service.web import BODY_FIRST, Visiting

router = APIRouter(include_in_schema=False)
NO_STORE = {"Cache-Control": "no-store"}


class PollRequest(BaseModel):
    """RFC 8936 section 2.2. We always answer at once, whatever `returnImmediately` says: receivers come
    again within seconds."""

    model_config = ConfigDict(extra="ignore")

    max_events: Annotated[int, Field(alias="maxEvents", ge=0)] = service.MOST
    ack: Annotated[list[UUID], Field(max_length=1000)] = []
    errors: Annotated[dict[UUID, Any], Field(alias="setErrs", max_length=1000)] = {}


@router.post("/security-events/poll", dependencies=BODY_FIRST)
async def poll(
    request: Request,
    visit: Visiting,
    caller: Annotated[ResourceServer, Depends(authenticated_resource_server)],
) -> Response:
    try:
        asked = PollRequest.model_validate_json(await request.body() or b"{}")
    except ValidationError:
        return JSONResponse({"err": "invalid_request"}, 400, headers=NO_STORE)
    # What a receiver could not use is not sent again: it would hold back all that comes after.
    gone = {*asked.ack, *asked.errors}
    batch = await service.poll(
        visit, caller.client_id, acknowledged=gone, limit=min(asked.max_events, service.MOST)
    )
    return JSONResponse({"sets": batch.sets, "moreAvailable": batch.more_available}, headers=NO_STORE)
