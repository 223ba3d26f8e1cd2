"""Reads a whole dump once before anything is written, and says what is wrong with it."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from shared.tools.transfer.stackexchange.archive import Dump, DumpFile
from shared.tools.transfer.stackexchange.attributes import RowError
from shared.tools.transfer.stackexchange.errors import BrokenXml, DumpRefused
from shared.tools.transfer.stackexchange.index import DumpIndex, Fate, Outcome
from shared.tools.transfer.stackexchange.records import READERS, Record
from shared.tools.transfer.stackexchange.xml_rows import read_rows

_SHOWN_ERRORS = 20
_SHOWN_ROWS = 5
_ENOUGH_ERRORS = 1000
"""Reading a file stops after so many."""


class Level(StrEnum):
    """How grave a finding is."""

    ERROR = "error"
    SKIP = "skip"
    NOTE = "note"


@dataclass
class Finding:
    """The same thing found in one file: how often, and the ids of the first few rows."""

    level: Level
    file: DumpFile
    reason: str
    count: int = 0
    rows: list[int] = field(default_factory=list)

    def __str__(self) -> str:
        shown = ", ".join(str(row) for row in self.rows)
        more = ", …" if self.count > len(self.rows) else ""
        return f"{self.file}: {self.reason} ({self.count} times: row {shown}{more})"


@dataclass(frozen=True)
class ValidatedDump:
    """A dump that may be written: every row parses, no id comes twice, references are known."""

    dump: Dump
    site: str
    index: DumpIndex
    rows: dict[DumpFile, int]
    fates: dict[DumpFile, Counter[Fate]]
    """How many rows of each file have which fate in an empty community."""
    findings: list[Finding]


Advance = Callable[[DumpFile, int], None]
"""Told the file and how many of its bytes were read."""


def validate(dump: Dump, *, site: str | None = None, advance: Advance | None = None) -> ValidatedDump:
    """Checks the whole dump. Raises `DumpRefused` with all errors found, or `SiteUnknown`.

    `site` is the host of the source, needed when the name of folder or archive does not tell.
    """
    host = dump.site(site)
    validation = _Validation(dump, advance)
    validation.run()
    if validation.errors_total:
        raise DumpRefused(validation.errors, validation.errors_total)
    return ValidatedDump(
        dump, host, validation.index, validation.rows, validation.fates, list(validation.found.values())
    )


class _Validation:
    def __init__(self, dump: Dump, advance: Advance | None) -> None:
        self.dump = dump
        self.index = DumpIndex()
        self.rows: dict[DumpFile, int] = {}
        self.errors: list[str] = []
        self.errors_total = 0
        self._advance = advance
        self.fates: dict[DumpFile, Counter[Fate]] = {file: Counter() for file in DumpFile}
        self.found: dict[tuple[Level, DumpFile, str], Finding] = {}

    def run(self) -> None:
        """Files come in the order of `DumpFile`, so that what is referred to is known, but for posts among
        themselves: those are judged when all are read."""
        for file in DumpFile:
            try:
                self._read(file)
            except BrokenXml as error:
                self._error(str(error))
            if file is DumpFile.POSTS:
                self._judge_posts()

    def _read(self, file: DumpFile) -> None:
        advance = self._advance
        seen: set[int] = set()
        before = self.errors_total
        self.rows[file] = 0
        told = None if advance is None else lambda size: advance(file, size)
        for row in read_rows(self.dump, file, told):
            self.rows[file] += 1
            try:
                record = READERS[file].read(row)
            except RowError as error:
                self._error(str(error))
            else:
                if record.id in seen:
                    self._error(f"{file} line {row.line}, row Id={record.id}, Id: comes twice.")
                seen.add(record.id)
                self._take(file, record)
            if self.errors_total - before >= _ENOUGH_ERRORS:
                return

    def _take(self, file: DumpFile, record: Record) -> None:
        self.index.add(record)
        note = self.index.missing_author(record)
        if file is DumpFile.POSTS:
            if note:
                self._find(Level.NOTE, file, note, record.id)
            return
        if self._judge(file, record.id, self.index.fate(record)) and note:
            self._find(Level.NOTE, file, note, record.id)

    def _judge_posts(self) -> None:
        file = DumpFile.POSTS
        for post_id in self.index.posts:
            note = self.index.missing_answer(post_id)
            if self._judge(file, post_id, self.index.post_fate(post_id)) and note:
                self._find(Level.NOTE, file, note, post_id)

    def _judge(self, file: DumpFile, row: int, fate: Fate) -> bool:
        """Counts a row; true unless it is left out."""
        self.fates[file][fate] += 1
        if fate.outcome is Outcome.SKIPPED:
            self._find(Level.SKIP, file, fate.reason, row)
            return False
        return True

    def _find(self, level: Level, file: DumpFile, reason: str, row: int) -> None:
        finding = self.found.setdefault((level, file, reason), Finding(level, file, reason))
        finding.count += 1
        if len(finding.rows) < _SHOWN_ROWS:
            finding.rows.append(row)

    def _error(self, text: str) -> None:
        self.errors_total += 1
        if len(self.errors) < _SHOWN_ERRORS:
            self.errors.append(text)
