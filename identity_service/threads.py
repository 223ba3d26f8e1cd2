"""A few threads for slow work, with a line that is not too long."""

import asyncio
import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from shared.kernel.errors import Unavailable

Result = TypeVar("Result")
NICENESS: Final = 10
"""By how much the event loop goes first on a core that it shares with such work."""


class Busy(Unavailable):
    code = "sign_in.busy"
    title = "Too many people are signing in at this moment. Try again in a few seconds"


class Threads:
    """Does `at_once` works at a time, behind the event loop, and lets not more than `max_waiting` stand in
    line."""

    def __init__(self, name: str, *, at_once: int = 2, max_waiting: int = 100) -> None:
        self._threads = ThreadPoolExecutor(at_once, name, initializer=_step_back)
        self._waiting = 0
        self._max_waiting = max_waiting

    async def run(self, work: Callable[[], Result]) -> Result:
        """Raises Busy, and what the work raises."""
        if self._waiting >= self._max_waiting:
            raise Busy(data={"retry_after": 5})
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._waiting -= 1

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


def _step_back() -> None:
    if sys.platform == "linux":  # elsewhere niceness is the whole process's
        os.nice(NICENESS)
