"""What `app.py` gives to the endpoints of spaces."""

from starlette.requests import Request

from shared.kernel.errors import NotFound
from shared.tools.spaces.permissions import SpacePermission, decide
from shared.tools.spaces.service import SpacesPolicy
from shared.web.edge import session_actor


async def spaces_policy(request: Request) -> SpacesPolicy:
    policy: SpacesPolicy = request.app.state.spaces_policy
    return policy


async def managers_only(request: Request) -> None:
    """Raises `NotFound` for everybody else."""
    if not decide(SpacePermission.CREATE, await session_actor(request)):
        raise NotFound
