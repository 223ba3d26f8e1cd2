"""What can go wrong, as classes with a stable code. HTTP is known to `shared.web.problems` alone.

A feature subclasses one of the families below and sets `code` (`area.snake_case`, never changed
once published) and `title` (a sentence for people).
"""

from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field: an RFC 6901 `pointer`, a stable `code`, a sentence."""

    pointer: str
    code: str
    detail: str


class Problem(Exception):
    """A refusal that the caller can understand and act on.

    `data` holds values a client may use (current version, retry time); it never holds content the
    caller may not see.
    """

    code: ClassVar[str] = "internal.problem"
    title: ClassVar[str] = "Something went wrong"

    def __init__(
        self, detail: str = "", *, fields: tuple[FieldError, ...] = (), data: dict[str, Any] | None = None
    ) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.fields = fields
        self.data = data or {}


class NotFound(Problem):
    """It does not exist, or the actor may not know that it does: the two are never told apart."""

    code = "request.not_found"
    title = "Not found"


class Forbidden(Problem):
    """The actor sees the thing but may not do this to it."""

    code = "request.forbidden"
    title = "Not allowed"


class Unauthenticated(Problem):
    """No credential, or one that is not valid (any more)."""

    code = "request.unauthenticated"
    title = "Sign in first"


class MoreProofNeeded(Unauthenticated):
    """The credential is good, but this needs a person who proved better or later who they are (RFC 9470).

    `data["acr_values"]` and `data["max_age"]` say what a client has to ask for at the sign-in.
    """

    code = "request.more_proof_needed"
    title = "Prove again who you are"


class MissingScope(Forbidden):
    """The token is good but does not carry the scope that this call needs."""

    code = "request.missing_scope"
    title = "The token lacks a scope"


class Conflict(Problem):
    """The state of things does not admit it now."""

    code = "request.conflict"
    title = "Not possible in the present state"


class Invalid(Problem):
    """The input does not fit; `fields` says where."""

    code = "request.invalid"
    title = "The input does not fit"


class Stale(Problem):
    """Somebody changed the thing since the caller read it."""

    code = "request.stale"
    title = "Changed by somebody else meanwhile"


class PreconditionRequired(Problem):
    """The change needs `If-Match`, so that nobody's work is lost."""

    code = "request.precondition_required"
    title = "If-Match is required"


class TooManyRequests(Problem):
    """A limit was reached; `data["retry_after"]` is in seconds."""

    code = "request.too_many"
    title = "Too many requests"


class Unavailable(Problem):
    """Something this answer needs cannot be reached now."""

    code = "request.unavailable"
    title = "Not available at the moment"


def require_fresh(current: int, expected: frozenset[int] | None) -> None:
    """Raises `Stale` with the current version when it is none of those the caller knows; None knows all."""
    if expected is not None and current not in expected:
        raise Stale(data={"current_version": current})


def invalid_field(pointer: str, code: str, detail: str) -> Invalid:
    """`Invalid` about a single field."""
    return Invalid(detail, fields=(FieldError(pointer, code, detail),))
