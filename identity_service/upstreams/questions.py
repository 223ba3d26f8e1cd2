"""What both kinds of providers are asked."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Demand:
    """The person has to have proved who they are `after` then, which is at most `max_age` seconds ago."""

    after: datetime | None
    max_age: int | None

    @property
    def is_anew(self) -> bool:
        """Whether only a proof from now on counts."""
        return self.max_age == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """A question that is ready. By `state` its answer is known; `address` says where the browser goes."""

    state: str
    nonce_hash: str | None = None
    sealed_verifier: bytes | None = None
    address: Callable[[Demand], Awaitable[str]]
