"""Who may know that there is a desk."""

from typing import Final

from shared.db.context import ReadContext
from shared.kernel.errors import NotFound, Unauthenticated

CUSTOMER_FACING: Final = "customer_facing"


def require_desk(ctx: ReadContext) -> None:
    """For staff without the role there is no desk: `NotFound`. Guests are asked to sign in."""
    if not ctx.actor.signed_in:
        raise Unauthenticated
    if not ctx.actor.has_role(CUSTOMER_FACING):
        raise NotFound
