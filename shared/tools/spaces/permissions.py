"""Who may shape spaces, groups and grants."""

from enum import StrEnum

from shared.kernel.actor import Actor
from shared.kernel.permissions import ALLOW, Decision, Level, deny

MANAGER_ROLE = "community_manager"


class SpacePermission(StrEnum):
    CREATE = "spaces:space:create"
    MANAGE_GROUPS = "spaces:group:manage"
    GRANT = "spaces:space:grant"
    EDIT = "spaces:space:edit"


def decide(permission: SpacePermission, actor: Actor, *, level: int = 0) -> Decision:
    if actor.has_role(MANAGER_ROLE):
        return ALLOW
    if permission in (SpacePermission.GRANT, SpacePermission.EDIT) and level >= Level.MANAGE:
        return ALLOW
    return deny("Only community managers may do this.")
