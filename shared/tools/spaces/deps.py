"""What `app.py` gives to the endpoints of spaces."""

from starlette.requests import Request

from shared.tools.spaces.service import SpacesPolicy


async def spaces_policy(request: Request) -> SpacesPolicy:
    policy: SpacesPolicy = request.app.state.spaces_policy
    return policy
