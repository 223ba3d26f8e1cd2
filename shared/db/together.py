"""Statements for many at once: what comes while one runs goes together in the next."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Generic, TypeVar

Asked = TypeVar("Asked")
Told = TypeVar("Told")

MOST: Final = 100
"""How many go in one statement."""


class Together(Generic[Asked, Told]):
    """Asks `answer` for all who wait, one batch after another (group commit).

    Nobody waits for others to come: who is alone is asked for alone. Under load a batch is whoever came
    during the one before, so that the cost of a statement and of its commit is shared by more, the more there
    are. An error of a batch is that of everybody in it.
    """

    def __init__(self, answer: Callable[[Sequence[Asked]], Awaitable[Sequence[Told]]]) -> None:
        self._answer = answer
        self._waiting: list[tuple[Asked, asyncio.Future[Told]]] = []
        self._at_work: asyncio.Task[None] | None = None

    async def ask(self, what: Asked) -> Told:
        """What `answer` tells for this one, in its place."""
        future: asyncio.Future[Told] = asyncio.get_running_loop().create_future()
        self._waiting.append((what, future))
        if self._at_work is None:
            self._at_work = asyncio.create_task(self._work())
        return await future

    async def _work(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
                await self._answer_all(batch)
        finally:
            self._at_work = None

    async def _answer_all(self, batch: Sequence[tuple[Asked, "asyncio.Future[Told]"]]) -> None:
        asking = self._answer([what for what, _ in batch])
        (told,) = await asyncio.gather(asking, return_exceptions=True)
        for position, (_, future) in enumerate(batch):
            if future.done():
                continue  # who asked is gone
            if isinstance(told, BaseException):
                future.set_exception(told)
            else:
                future.set_result(told[position])
