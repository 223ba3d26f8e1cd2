"""What a post said over time: its revisions, by post, and the versions they make.

PostHistory.xml is ordered by time, an import needs it by post. The rows go through a file on disk (SQLite,
which comes with Python), so that memory does not grow with them.
"""

import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from pathlib import Path

from shared.kernel.text import clean_line, clean_text
from shared.tools.transfer.batches import batches
from shared.tools.transfer.stackexchange.attributes import tag_names
from shared.tools.transfer.stackexchange.records import (
    BODY_REVISIONS,
    TAG_REVISIONS,
    TITLE_REVISIONS,
    Revision,
)


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """As much of a revision as an import keeps."""

    id: int
    type: int
    group: str
    """The same for rows that are one edit: of title, text and tags together."""
    at: datetime
    user_id: int | None
    text: str
    comment: str


@dataclass(frozen=True, slots=True)
class Version:
    """What a post said from `at` on, and who made it so. `rows` are the revisions it consists of."""

    body: str
    title: str | None
    tags: tuple[str, ...]
    at: datetime
    editor_id: int | None = None
    reason: str = ""
    rows: tuple[int, ...] = ()


class HistorySpool:
    """Revisions on disk, to be read by post."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        connection.execute("pragma journal_mode = off")
        connection.execute("pragma synchronous = off")
        connection.execute(
            "create table history (post integer, id integer, type integer, grouped text, at text,"
            " user integer, text text, comment text, primary key (post, id)) without rowid"
        )

    def fill(self, revisions: Iterable[Revision]) -> None:
        """Takes in revisions in any order."""
        for batch in batches(revisions):
            self._connection.executemany(
                "insert into history values (?, ?, ?, ?, ?, ?, ?, ?)", [_columns(r) for r in batch]
            )

    def of(self, post_ids: Sequence[int]) -> dict[int, list[HistoryRow]]:
        """The revisions of these posts, each post's in order."""
        found: dict[int, list[HistoryRow]] = {post_id: [] for post_id in post_ids}
        for post_id, rows in found.items():
            for row in self._connection.execute(
                "select id, type, grouped, at, user, text, comment from history where post = ? order by id",
                (post_id,),
            ):
                number, kind, group, at, *rest = row
                rows.append(HistoryRow(number, kind, group, datetime.fromisoformat(at), *rest))
        return found


def _columns(r: Revision) -> tuple[object, ...]:
    group = str(r.guid or r.id)
    return (
        r.post_id,
        r.id,
        r.type,
        group,
        r.created_at.isoformat(),
        r.user_id,
        r.text,
        clean_line(r.comment or ""),
    )


@contextmanager
def history_spool() -> Iterator[HistorySpool]:
    """A spool in a temporary file, gone afterwards."""
    with (
        tempfile.TemporaryDirectory(prefix="narrowbridge-import-") as folder,
        closing(sqlite3.connect(Path(folder) / "history", isolation_level=None)) as connection,
    ):
        yield HistorySpool(connection)


def versions(first: Version, rows: Iterable[HistoryRow]) -> list[Version]:
    """The versions of a post, oldest first.

    `first` gives what the history does not say. Rows of one group are one version; the first group is how
    the post was written.
    """
    made: list[Version] = []
    current = first
    for _, grouped in groupby(rows, key=lambda row: row.group):
        parts = list(grouped)
        current = replace(
            current,
            at=parts[0].at,
            editor_id=parts[0].user_id,
            reason="; ".join(dict.fromkeys(row.comment for row in parts if row.comment))[:200],
            rows=tuple(row.id for row in parts),
        )
        for row in parts:
            current = _applied(current, row)
        made.append(current)
    return made or [first]


def _applied(version: Version, row: HistoryRow) -> Version:
    if row.type in BODY_REVISIONS:
        return replace(version, body=clean_text(row.text))
    if row.type in TITLE_REVISIONS:
        return replace(version, title=clean_line(row.text))
    if row.type in TAG_REVISIONS:
        return replace(version, tags=tag_names(row.text) or ())
    return version
