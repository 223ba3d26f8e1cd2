"""Reads the rows of a dump's file one chunk at a time, and refuses XML that is more than rows.

expat is told to fail on a document type or entity declaration, so that neither entity bombs nor outside
entities exist; no row may take more than a fixed number of bytes, so that memory stays level however long
the file is.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO
from xml.parsers import expat

from shared.tools.transfer.stackexchange.archive import Dump, DumpFile
from shared.tools.transfer.stackexchange.errors import BrokenXml, HostileXml

_CHUNK = 64 * 1024
MAX_ROW = 8 * 1024**2
"""Bytes of one row; the longest texts of the format are 30,000 characters."""

Advance = Callable[[int], None]
"""Told how many bytes were read, for progress bars."""


@dataclass(frozen=True, slots=True)
class Row:
    """One `<row …/>` as it stands: the file, the line it begins on, its attributes."""

    file: DumpFile
    line: int
    attributes: dict[str, str]


def read_rows(dump: Dump, file: DumpFile, advance: Advance | None = None) -> Iterator[Row]:
    """The rows of one file in order. Raises `BrokenXml`, whose text names file and line."""
    with dump.open(file) as source:
        yield from parse_rows(source, file, advance)


def parse_rows(source: BinaryIO, file: DumpFile, advance: Advance | None = None) -> Iterator[Row]:
    """As `read_rows`, from any stream of bytes."""
    parser = _Parser(file)
    while chunk := source.read(_CHUNK):
        yield from parser.feed(chunk)
        if advance is not None:
            advance(len(chunk))
    yield from parser.close()


class _Parser:
    def __init__(self, file: DumpFile) -> None:
        self._file = file
        self._depth = 0
        self._fed = 0
        self._rows: list[Row] = []
        self._expat = expat.ParserCreate("utf-8")
        self._expat.buffer_text = True
        self._expat.StartElementHandler = self._start
        self._expat.EndElementHandler = self._end
        self._expat.CharacterDataHandler = self._text
        self._expat.StartDoctypeDeclHandler = self._doctype
        self._expat.EntityDeclHandler = self._doctype

    def feed(self, chunk: bytes) -> list[Row]:
        self._fed += len(chunk)
        self._parse(chunk, final=False)
        if self._fed - self._expat.CurrentByteIndex > MAX_ROW:
            raise BrokenXml(f"{self._where()}: one row takes more than {MAX_ROW} bytes.")
        return self._take()

    def close(self) -> list[Row]:
        self._parse(b"", final=True)
        return self._take()

    def _take(self) -> list[Row]:
        rows, self._rows = self._rows, []
        return rows

    def _parse(self, chunk: bytes, *, final: bool) -> None:
        try:
            self._expat.Parse(chunk, final)
        except expat.ExpatError as error:
            reason = expat.ErrorString(error.code)
            raise BrokenXml(f"{self._file} line {error.lineno}: broken XML, {reason}.") from error

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth == 1 and name.lower() != self._file.root:
            raise BrokenXml(f"{self._where()}: the root is <{name[:40]}>, not <{self._file.root}>.")
        if self._depth > 2 or (self._depth == 2 and name != "row"):
            raise BrokenXml(f"{self._where()}: <{name[:40]}> where only rows belong.")
        if self._depth == 2:
            self._rows.append(Row(self._file, self._expat.CurrentLineNumber, attributes))

    def _end(self, _name: str) -> None:
        self._depth -= 1

    def _text(self, text: str) -> None:
        if text.strip():
            raise BrokenXml(f"{self._where()}: text outside a row's attributes.")

    def _doctype(self, *_declaration: object) -> None:
        raise HostileXml(f"{self._where()}: declares a document type or entity; a dump has none.")

    def _where(self) -> str:
        return f"{self._file} line {self._expat.CurrentLineNumber}"
