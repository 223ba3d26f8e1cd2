"""One statement for all who ask at a moment."""

import asyncio
from collections.abc import Sequence

import pytest

from shared.db.together import MOST, Together


class Asked:
    """What was asked in which batches; it answers when it is let."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.may_answer = asyncio.Event()
        self.error: Exception | None = None

    async def __call__(self, batch: Sequence[int]) -> Sequence[int]:
        self.batches.append(list(batch))
        await self.may_answer.wait()
        if self.error:
            raise self.error
        return [one * 10 for one in batch]


async def test_who_is_alone_is_asked_for_alone_and_who_comes_meanwhile_goes_together() -> None:
    asked = Asked()
    together = Together(asked)
    tasks = [asyncio.create_task(together.ask(0))]
    await asyncio.sleep(0.01)
    tasks += [asyncio.create_task(together.ask(number)) for number in (1, 2, 3)]
    await asyncio.sleep(0.01)
    asked.may_answer.set()
    assert await asyncio.gather(*tasks) == [0, 10, 20, 30]
    assert asked.batches == [[0], [1, 2, 3]]
    assert await together.ask(4) == 40


async def test_no_batch_is_larger_than_said() -> None:
    asked = Asked()
    asked.may_answer.set()
    together = Together(asked)
    told = await asyncio.gather(*(together.ask(number) for number in range(2 * MOST + 5)))
    assert told == [number * 10 for number in range(2 * MOST + 5)]
    assert max(len(batch) for batch in asked.batches) == MOST


async def test_an_error_is_everybody_s_of_that_batch_and_nobody_s_of_the_next() -> None:
    asked = Asked()
    asked.error = RuntimeError("away")
    asked.may_answer.set()
    together = Together(asked)
    told = await asyncio.gather(together.ask(1), together.ask(2), return_exceptions=True)
    assert [type(one) for one in told] == [RuntimeError, RuntimeError]
    asked.error = None
    assert await together.ask(3) == 30


async def test_who_gives_up_waiting_does_not_hinder_the_others() -> None:
    asked = Asked()
    together = Together(asked)
    one, other = (asyncio.create_task(together.ask(number)) for number in (1, 2))
    await asyncio.sleep(0.01)
    one.cancel()
    asked.may_answer.set()
    assert await other == 20
    with pytest.raises(asyncio.CancelledError):
        await one
