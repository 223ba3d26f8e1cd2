"""Reads the attributes of a row by type; what does not fit is told with its place."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from shared.kernel.text import tag_name
from shared.tools.transfer.stackexchange.xml_rows import Row

MAX_TEXT = 200_000
"""Characters of a body, comment or revision; the format's own limit is 30,000 of source."""
MAX_NAME = 300
"""Characters of a name, title or address."""

_INTEGER = re.compile(r"-?[0-9]{1,15}")
_TAG = re.compile(r"<([^<>|]{1,100})>")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z?")


class RowError(Exception):
    """A row does not hold what its file promises; `str(error)` names file, line, row and attribute."""

    def __init__(self, row: Row, attribute: str, reason: str) -> None:
        super().__init__(
            f"{row.file} line {row.line}, row Id={row.attributes.get('Id', '?')[:40]}, {attribute}: {reason}"
        )


@dataclass(frozen=True, slots=True)
class Attributes:
    """Reads the attributes of one row by type; each method raises `RowError`."""

    row: Row

    def text(self, name: str, *, longest: int = MAX_TEXT) -> str:
        """An attribute that must be there; it may be empty."""
        value = self.row.attributes.get(name)
        if value is None:
            raise RowError(self.row, name, "is missing.")
        return self._short(name, value, longest)

    def optional_text(self, name: str, *, longest: int = MAX_TEXT) -> str | None:
        """An attribute that may be absent; empty counts as absent."""
        value = self.row.attributes.get(name)
        return self._short(name, value, longest) if value else None

    def integer(self, name: str) -> int:
        """A whole number that must be there."""
        return self._integer(name, self.text(name, longest=40))

    def optional_integer(self, name: str) -> int | None:
        """A whole number that may be absent."""
        value = self.optional_text(name, longest=40)
        return None if value is None else self._integer(name, value)

    def time(self, name: str) -> datetime:
        """A time, which dumps give in UTC without a zone."""
        return self._time(name, self.text(name, longest=40))

    def optional_time(self, name: str) -> datetime | None:
        """A time that may be absent."""
        value = self.optional_text(name, longest=40)
        return None if value is None else self._time(name, value)

    def optional_uuid(self, name: str) -> UUID | None:
        """A UUID that may be absent."""
        value = self.optional_text(name, longest=40)
        try:
            return None if value is None else UUID(value)
        except ValueError:
            raise RowError(self.row, name, f"{value!r} is no UUID.") from None

    def tags(self, name: str) -> tuple[str, ...]:
        """Tag names written `<a><b>`, or `|a|b|` in dumps from 2023 on."""
        value = self.optional_text(name, longest=2000)
        names = tag_names(value or "")
        if names is None:
            raise RowError(self.row, name, f"{(value or '')[:80]!r} is no list of tags.")
        return names

    def _short(self, name: str, value: str, longest: int) -> str:
        if len(value) > longest:
            raise RowError(self.row, name, f"has {len(value)} characters, more than {longest}.")
        return value

    def _integer(self, name: str, value: str) -> int:
        if not _INTEGER.fullmatch(value):
            raise RowError(self.row, name, f"{value!r} is no whole number.")
        return int(value)

    def _time(self, name: str, value: str) -> datetime:
        try:
            if not _TIME.fullmatch(value):
                raise ValueError
            return datetime.fromisoformat(value.removesuffix("Z")).replace(tzinfo=UTC)
        except ValueError:
            raise RowError(self.row, name, f"{value!r} is no time such as 2017-02-03T09:15:42.120.") from None


def our_tags(names: tuple[str, ...]) -> list[str]:
    """Tags of a dump as they may be written here, so that an imported question can be edited."""
    return list(dict.fromkeys(filter(None, map(tag_name, names))))


def tag_names(text: str) -> tuple[str, ...] | None:
    """The tags in `<a><b>` or `|a|b|`, each once; None for what is neither."""
    if text.startswith("|"):
        return tuple(dict.fromkeys(tag for tag in text.split("|") if tag))
    names = _TAG.findall(text)
    return tuple(dict.fromkeys(names)) if "".join(f"<{name}>" for name in names) == text else None
