"""Who may let a topic cross the bridge, and who may take it back."""

from enum import StrEnum

from shared.db.query import Row
from shared.kernel.actor import Actor
from shared.kernel.permissions import ALLOW, Decision, Level, deny


class SharingPermission(StrEnum):
    SHARE = "sharing:topic:share"
    ASK = "sharing:topic:ask"
    WITHDRAW = "sharing:topic:withdraw"
    OPEN_SPACE = "sharing:space:open"
    CLOSE_BRIDGE = "sharing:bridge:close"


def decide(permission: SharingPermission, actor: Actor, row: Row) -> Decision:
    """`row` has `level` in the space and, about a topic, `author_id`."""
    if not actor.signed_in:
        return deny("Sign in first.")
    level = row["level"]
    if permission in (SharingPermission.OPEN_SPACE, SharingPermission.CLOSE_BRIDGE):
        return ALLOW if level >= Level.MANAGE else deny("Only managers may do this.")
    is_author = row["author_id"] == actor.person_id
    if permission is SharingPermission.ASK:
        return ALLOW if is_author else deny("Only the author may ask the company.")
    if permission is SharingPermission.WITHDRAW and is_author:
        return ALLOW
    return ALLOW if level >= Level.MODERATE else deny("Only the author and moderators may do this.")


_ABILITIES = {
    "ask_company": SharingPermission.ASK,
    "share": SharingPermission.SHARE,
    "withdraw_sharing": SharingPermission.WITHDRAW,
    "allow_sharing": SharingPermission.OPEN_SPACE,
}


def abilities(actor: Actor, topic: Row) -> list[str]:
    """What the actor may do about the sharing of a topic, for its `can`."""
    return [name for name, permission in _ABILITIES.items() if decide(permission, actor, topic)]
