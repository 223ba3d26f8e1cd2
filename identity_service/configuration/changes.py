"""What applying a file would do, said before it is done."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from identity_service.visit import Visit

_LONG: Final = 200

Act = Callable[[Visit], Awaitable[Sequence[str]]]
"""Makes one change; returns what only this moment knows, such as a secret just made."""


@dataclass(frozen=True, slots=True)
class Change:
    """One line of the difference. `sign` is + for new, ~ for changed, - for removed."""

    sign: str
    what: str
    fields: tuple[str, ...]
    act: Act

    def lines(self) -> list[str]:
        return [f"{self.sign} {self.what}", *(f"    {field}" for field in self.fields)]


def differences(present: Mapping[str, Any], wanted: Mapping[str, Any]) -> tuple[str, ...]:
    """Each field that would change, with its old and new value. Values here are never secret."""
    return tuple(
        f"{name}: {_shown(present.get(name))} → {_shown(value)}"
        for name, value in wanted.items()
        if present.get(name) != value
    )


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(map(str, value)) + "]"
    if isinstance(value, str) and len(value) > _LONG:
        return f"{value[:_LONG].strip()} … ({len(value):,} characters)"
    return "nothing" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
