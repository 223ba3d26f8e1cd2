"""Where SCIM is found. It is loaded when a directory asks for the first time: its models take 8 MiB and half
a second, and few installations have a directory."""

import asyncio

from fastapi import APIRouter
from starlette.routing import Route, Router
from starlette.types import Receive, Scope, Send


class OnDemand:
    """Answers by the routes of `scim.api`. They are loaded in a thread: others are answered meanwhile."""

    def __init__(self) -> None:
        self._router: APIRouter | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._router is None:
            self._router = await asyncio.to_thread(self.load)
        await self._router(scope, receive, send)

    def load(self) -> APIRouter:
        from identity_service.scim.api import router  # allowed: late import, because few need what it takes

        return router


router = Router([Route("/scim/v2/{rest:path}", OnDemand())])
