"""What may go wrong when a consumer calls the bridge, each with what the caller can do about it."""

from collections.abc import Mapping
from typing import Any, Final

from shared.bridge.messages import ProblemDocument

NOT_BOOKED: Final = frozenset({"bridge.closed", "bridge.unknown_caller"})
"""Refusals given before the bridge knows who calls, or while it is closed: no side keeps a row of them."""


def is_booked(code: str) -> bool:
    """Whether a refusal with this code has a row in the ledgers: those that the bridge itself decided on a
    known caller. What never got so far (a bad token, a wrong address, a fault) has none."""
    return code.startswith("bridge.") and code not in NOT_BOOKED


class BridgeError(Exception):
    """The call did not do what was asked."""


class BridgeUnreachable(BridgeError):
    """No answer within the time allowed, or none that came from the bridge. Try again later."""


class ContractBroken(BridgeError):
    """The answer is no message of the contract: it has a field too many, one too few, or no JSON.
    Nothing of it was kept."""


class BridgeRefused(BridgeError):
    """The bridge answered with a problem. `carried` is that answer as JSON values."""

    def __init__(self, problem: ProblemDocument, crossing_id: str, carried: Mapping[str, Any]) -> None:
        super().__init__(problem.detail)
        self.problem = problem
        self.crossing_id = crossing_id
        self.carried = carried

    @property
    def code(self) -> str:
        return self.problem.code

    @property
    def booked(self) -> bool:
        """Whether the bridge has a row of this refusal in its ledger, so that the caller keeps one too."""
        return is_booked(self.code)


class BridgeClosed(BridgeRefused):
    """Somebody closed the bridge on purpose (503 `bridge.closed`). Try again later."""


class BridgeForbidden(BridgeRefused):
    """The token is missing, wrong, or does not admit this (401, 403). Trying again does not help."""


class PurgeOverdue(BridgeForbidden):
    """This consumer has not confirmed a withdrawal in time (403 `bridge.purge_overdue`): it must follow the
    changes, delete, and confirm before anything else is answered."""


class NotShared(BridgeRefused):
    """Nothing of that ref is shared with this caller, whether or not it ever was (404)."""


class ReplyRefused(BridgeRefused):
    """The answer cannot be taken as it is (422); `problem.errors` points at what to change."""


class StillRunning(BridgeRefused):
    """The same answer is being taken by another call just now (409). Try again in a moment."""


REFUSALS: Final[dict[str, type[BridgeRefused]]] = {
    "bridge.closed": BridgeClosed,
    "bridge.purge_overdue": PurgeOverdue,
}
BY_STATUS: Final[dict[int, type[BridgeRefused]]] = {
    401: BridgeForbidden,
    403: BridgeForbidden,
    404: NotShared,
    409: StillRunning,
    422: ReplyRefused,
}


def refusal(problem: ProblemDocument, crossing_id: str, carried: Mapping[str, Any]) -> BridgeRefused:
    """The class that says what the caller can do, from the code first and the status second."""
    family = REFUSALS.get(problem.code) or BY_STATUS.get(problem.status, BridgeRefused)
    return family(problem, crossing_id, carried)
