"""Types of input that several tools take."""

from typing import Annotated

from pydantic import AfterValidator, StringConstraints
from pydantic_core import PydanticCustomError

from shared.kernel.text import clean_line, is_blank


class Disagrees(ValueError):
    """Two fields of a model contradict each other; `field` is the one to look at first."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field


def _visible_line(shortest: int) -> AfterValidator:
    """One clean line that somebody can see, of at least `shortest` characters once it is clean."""

    def check(given: str) -> str:
        line = clean_line(given)
        if len(line) < shortest or is_blank(line):
            raise PydanticCustomError(
                "string_too_short",
                "String should have at least {min_length} visible characters",
                {"min_length": shortest},
            )
        return line

    return AfterValidator(check)


Name = Annotated[
    str, StringConstraints(min_length=1, max_length=100, strip_whitespace=True), _visible_line(1)
]
Title = Annotated[
    str, StringConstraints(min_length=3, max_length=200, strip_whitespace=True), _visible_line(3)
]
