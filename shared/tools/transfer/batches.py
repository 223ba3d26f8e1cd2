"""Long streams in pieces."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")

BATCH = 500
"""Rows written at a time."""


def batches(items: Iterable[Item], size: int = BATCH) -> Iterator[list[Item]]:
    """Lists of up to `size` items, in order; never more than one of them in memory."""
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch
