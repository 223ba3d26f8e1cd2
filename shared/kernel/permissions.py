"""Decisions with reasons."""

from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache


class Level(IntEnum):
    """How far a grant reaches in a space. A higher level includes the lower ones."""

    SEE = 10
    REPLY = 20
    POST = 30
    MODERATE = 40
    MANAGE = 50


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether something may be done, and the reason in words when it may not."""

    allowed: bool
    reason: str = ""

    def __bool__(self) -> bool:
        return self.allowed


ALLOW = Decision(True)


@lru_cache(256)
def deny(reason: str) -> Decision:
    return Decision(False, reason)
