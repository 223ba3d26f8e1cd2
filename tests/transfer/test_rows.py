"""Reading rows: XML that is only rows, in memory that does not grow."""

import io
import tracemalloc
from collections.abc import Iterator
from typing import cast

import pytest

from shared.tools.transfer.stackexchange.archive import DumpFile
from shared.tools.transfer.stackexchange.attributes import Attributes, RowError
from shared.tools.transfer.stackexchange.errors import BrokenXml, HostileXml
from shared.tools.transfer.stackexchange.records import READERS
from shared.tools.transfer.stackexchange.xml_rows import MAX_ROW, Row, parse_rows

LAUGHS = """<!DOCTYPE posts [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>"""
OUTSIDE = """<!DOCTYPE posts [<!ENTITY a SYSTEM "file:///etc/passwd">]>"""
ELSEWHERE = """<!DOCTYPE posts SYSTEM "http://127.0.0.1:9/posts.dtd">"""


def rows(text: str | bytes, file: DumpFile = DumpFile.POSTS) -> list[Row]:
    source = text.encode() if isinstance(text, str) else text
    return list(parse_rows(io.BytesIO(source), file))


def test_rows_come_in_order_with_their_lines() -> None:
    read = rows(
        '\ufeff<?xml version="1.0" encoding="utf-8"?>\n<posts>\n'
        '<row Id="1" T="a&#xA;é" />\n<row Id="2"/></posts>'
    )
    assert [(row.line, row.attributes) for row in read] == [(3, {"Id": "1", "T": "a\né"}), (4, {"Id": "2"})]


@pytest.mark.parametrize("declaration", [LAUGHS, OUTSIDE, ELSEWHERE, "<!DOCTYPE posts>"])
def test_document_types_and_entities_are_refused(declaration: str) -> None:
    with pytest.raises(HostileXml, match=r"Posts\.xml line 1"):
        rows(f'{declaration}<posts><row Id="1" Body="x" /></posts>')


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "line 1: broken XML"),
        ("<posts>", "broken XML"),
        ('<posts>\n<row Id="1" />\n<row Id="2" Bo', "line 3: broken XML"),
        ('<posts><row Id="1" Id="2" /></posts>', "duplicate attribute"),
        ('<posts><row Id="&undefined;" /></posts>', "undefined entity"),
        ('<posts><row Id="1&#0;" /></posts>', "broken XML"),
        ('<users><row Id="1" /></users>', "the root is <users>"),
        ("<posts><line /></posts>", "<line> where only rows belong"),
        ("<posts><row><row /></row></posts>", "<row> where only rows belong"),
        ("<posts>hello</posts>", "text outside"),
        ("<posts /><posts />", "broken XML"),
        (b'<posts><row Id="\xff" /></posts>', "broken XML"),
        (b"\x00\x01\x02", "broken XML"),
    ],
)
def test_other_xml_is_broken(text: str | bytes, reason: str) -> None:
    with pytest.raises(BrokenXml, match=reason):
        rows(text)


def test_a_row_without_end_is_refused_before_it_fills_the_memory() -> None:
    with pytest.raises(BrokenXml, match="one row takes more"):
        rows('<posts><row Body="' + "x" * (MAX_ROW + 200_000))


class _Endless(io.RawIOBase):
    """A file of many rows that is nowhere in memory."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self._parts = self._make(count)

    @staticmethod
    def _make(count: int) -> Iterator[bytes]:
        yield b"<posts>"
        for number in range(count):
            yield b'<row Id="%d" Body="%s" />' % (number, b"words " * 10_000)
        yield b"</posts>"

    def read(self, size: int = -1, /) -> bytes:
        return next(self._parts, b"")


def test_memory_stays_level_over_a_long_file() -> None:
    tracemalloc.start()
    count = sum(1 for _ in parse_rows(cast("io.BufferedReader", _Endless(3000)), DumpFile.POSTS))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 3000
    assert peak < 5_000_000, "180 MB were read"


GOOD: dict[DumpFile, dict[str, str]] = {
    DumpFile.USERS: {"Id": "1", "DisplayName": "A", "CreationDate": "2017-02-03T09:15:42.120"},
    DumpFile.POSTS: {
        "Id": "1",
        "PostTypeId": "1",
        "CreationDate": "2017-02-03T09:15:42.120",
        "Score": "3",
        "Body": "",
        "Title": "T",
        "Tags": "<a><b>",
    },
    DumpFile.VOTES: {"Id": "1", "PostId": "1", "VoteTypeId": "2", "CreationDate": "2016-12-06T00:00:00.000"},
}


@pytest.mark.parametrize(
    ("file", "attribute", "value", "reason"),
    [
        (DumpFile.USERS, "Id", "one", "'one' is no whole number"),
        (DumpFile.USERS, "Id", "9" * 30, "no whole number"),
        (DumpFile.USERS, "Id", None, "is missing"),
        (DumpFile.USERS, "DisplayName", None, "is missing"),
        (DumpFile.USERS, "DisplayName", "x" * 301, "more than 300"),
        (DumpFile.USERS, "CreationDate", "yesterday", "is no time"),
        (DumpFile.USERS, "CreationDate", "2016-13-41T00:00:00", "is no time"),
        (DumpFile.POSTS, "Body", None, "is missing"),
        (DumpFile.POSTS, "Title", None, "is missing"),
        (DumpFile.POSTS, "Tags", "a, b", "no list of tags"),
        (DumpFile.VOTES, "PostId", "1.5", "no whole number"),
    ],
)
def test_a_wrong_value_is_told_with_its_place(
    file: DumpFile, attribute: str, value: str | None, reason: str
) -> None:
    attributes = {**GOOD[file], attribute: value}
    row = Row(file, 7, {key: text for key, text in attributes.items() if text is not None})
    with pytest.raises(RowError, match=reason) as caught:
        READERS[file].read(row)
    assert f"{file} line 7" in str(caught.value)
    assert attribute in str(caught.value)


def test_tags_are_read_in_both_spellings() -> None:
    for text in ("<a><b-c>", "|a|b-c|"):
        assert Attributes(Row(DumpFile.POSTS, 1, {"Tags": text})).tags("Tags") == ("a", "b-c")
