"""Taking queued answers over the bridge: each arrives once, or comes back with the reason."""

from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from employee_service.desk import queries
from employee_service.desk.gateway import BridgeGateway
from employee_service.desk.models import DeskReply
from shared.bridge.errors import (
    BridgeForbidden,
    BridgeRefused,
    NotShared,
    ReplyRefused,
)
from shared.bridge.messages import Reply
from shared.db.outbox import Delivery
from shared.kernel.clock import Clock
from shared.oidc.errors import TokenRefused
from shared.oidc.names import AUTHOR_GONE as AUTHOR_GONE_THERE
from shared.oidc.names import MAY_NOTHING

WITHDRAWN: Final = "The customer withdrew the thread before the answer arrived."
NOT_ADMITTED: Final = "The bridge did not admit the answer in the author's name."
AUTHOR_GONE: Final = "The author may not answer customers any more."
ABOUT_THE_AUTHOR: Final = frozenset({"bridge.not_customer_facing", "bridge.missing_scope"})
"""Refusals (401, 403) that say the author may not answer. Any other one is about this service (its token, its
registration, an unconfirmed purge), which somebody can mend: the answer waits."""


class ReplyDelivery:
    """Handles `desk.reply_queued`. What it raises is tried again later."""

    def __init__(self, gateway: BridgeGateway, clock: Clock) -> None:
        self._gateway = gateway
        self._clock = clock

    async def __call__(self, session: AsyncSession, delivery: Delivery) -> None:
        reply: DeskReply | None = await session.scalar(
            queries.REPLY, {"reply_id": UUID(delivery.payload["reply_id"])}
        )
        if reply is None or reply.state != "queued" or reply.body is None:
            return
        message = Reply(body=reply.body, public_name=reply.public_name)
        try:
            crossing = await self._gateway.reply(reply.author_sub, reply.ref, message, key=reply.id.hex)
        except (NotShared, ReplyRefused, BridgeForbidden) as refused:
            if isinstance(refused, BridgeForbidden) and refused.code not in ABOUT_THE_AUTHOR:
                await self._gateway.book_apart(refused, str(reply.author_id))
                raise
            await self._refuse(session, reply, refused)
            return
        except TokenRefused as refused:
            if not _is_about_the_author(refused):
                raise
            self._settle(reply, "refused", AUTHOR_GONE)
            return
        await self._gateway.book(session, crossing, subject=str(reply.author_id), ref=reply.ref)
        self._settle(reply, "delivered")
        reply.body = None

    async def _refuse(self, session: AsyncSession, reply: DeskReply, refused: BridgeRefused) -> None:
        await self._gateway.book_refusal(session, refused, str(reply.author_id))
        self._settle(reply, "refused", _words(refused))

    def _settle(self, reply: DeskReply, state: str, reason: str = "") -> None:
        reply.state, reply.reason, reply.settled_at = state, reason, self._clock.now()


def _is_about_the_author(refused: TokenRefused) -> bool:
    """Whether identity says that the person left or lost the role. Anything else, such as a key it does not
    know or a clock that is wrong, is a fault that somebody can mend: the answer waits."""
    return refused.description.endswith((AUTHOR_GONE_THERE, MAY_NOTHING))


def _words(refused: BridgeRefused) -> str:
    if isinstance(refused, NotShared):
        return WITHDRAWN
    if isinstance(refused, ReplyRefused):
        return "; ".join(fault.detail for fault in refused.problem.errors) or refused.problem.title
    return NOT_ADMITTED
