"""What administrators are told of a refusal."""

from pydantic import ValidationError

from shared.kernel.errors import Problem


def said(refusal: ValidationError | Problem) -> str:
    """What is wrong with a document, in one sentence and without what was typed."""
    if isinstance(refusal, Problem):
        return refusal.detail
    first = refusal.errors(include_input=False, include_url=False)[0]
    where = ".".join(str(step) for step in first["loc"])
    reason = first["msg"].removeprefix("Value error, ")
    return f"{where}: {reason}" if where else reason
