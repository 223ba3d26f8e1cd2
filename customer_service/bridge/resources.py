"""What the bridge's routes stand on, made once in `app.py`."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from customer_service.bridge.bell import Bell
from customer_service.bridge.callers import Caller, Rule
from customer_service.bridge.gate import Gate, Use
from customer_service.bridge.reading import Reading
from customer_service.bridge.settings import Settings
from customer_service.bridge.writing import Inbound
from shared.kernel.clock import Clock
from shared.kernel.paging import CursorCodec


@dataclass(frozen=True, slots=True)
class Resources:
    settings: Settings
    gate: Gate
    bell: Bell
    cursors: CursorCodec
    clock: Clock

    async def answer(self, request: Request, rule: Rule, use: Use) -> Response:
        """`Gate.cross` for routes that always have something to say."""
        response = await self.gate.cross(request, rule, use)
        assert response is not None
        return response

    def inbound(self, request: Request, session: AsyncSession, caller: Caller) -> Inbound:
        reading = Reading(session, caller, self.cursors)
        return Inbound(session, caller, reading, request.state.crossing_id, self.clock.now())


async def resources_of(request: Request) -> Resources:
    resources: Resources = request.app.state.resources
    return resources
