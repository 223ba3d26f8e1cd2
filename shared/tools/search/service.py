"""Searching."""

import re
from dataclasses import dataclass
from html import unescape
from typing import Any, Final
from uuid import UUID

from markupsafe import escape

from shared.db.context import ReadContext
from shared.kernel.paging import DEFAULT_LIMIT, Page
from shared.kernel.text import clean_line
from shared.tools.search.queries import MARK_START, MARK_STOP, SearchQueries
from shared.tools.search.schemas import SearchHit
from shared.tools.topics.catalog import Catalog

_BEFORE_A_STOP: Final = re.compile(r" ([,.;:!?)](?= |$))")
"""The space where a tag ended before a stop."""


@dataclass(frozen=True, slots=True)
class SearchFilter:
    """What is None does not restrict."""

    space: UUID | None = None
    kind: str | None = None
    tag: str | None = None


class Search:
    def __init__(self, ctx: ReadContext, catalog: Catalog, queries: SearchQueries) -> None:
        self.ctx = ctx
        self.catalog = catalog
        self.queries = queries

    async def find(
        self, words: str, wanted: SearchFilter, *, cursor: str | None = None, limit: int = DEFAULT_LIMIT
    ) -> Page[SearchHit]:
        """Best first. `words` as people type them: quotes for a phrase, `-` to leave out, `or`."""
        words = clean_line(words)
        bound_to = self.ctx.cursor_scope("search", words, wanted)
        mark: dict[str, Any] = {}
        if cursor:
            score, topic_id = self.ctx.cursors.decode(cursor, bound_to=bound_to)
            mark = {"after_score": score, "after_id": topic_id}
        filters = {"space": wanted.space, "kind": wanted.kind, "tag": wanted.tag, "after": cursor}
        rows = await self.ctx.reader.all(
            self.queries.search(tuple(name for name, value in filters.items() if value is not None)),
            q=words,
            limit=limit + 1,
            space=wanted.space,
            kind=wanted.kind,
            tags=[wanted.tag],
            groups=self.ctx.actor.groups,
            **mark,
        )
        following = None
        if len(rows) > limit:
            last = rows[limit - 1]
            following = self.ctx.cursors.encode((last["score"], last["id"]), bound_to=bound_to)
        make = self.catalog.views.row
        hits = [SearchHit(make(row), row["post_id"], marked(row["excerpt"])) for row in rows[:limit]]
        return Page(hits, following)


def marked(excerpt: str) -> str:
    """The passage as safe HTML: its text escaped, then the words found marked.

    `excerpt` was cut from a post's HTML by PostgreSQL, which puts a space in the place of each tag. Whatever
    it took for text is text here too.
    """
    words = _BEFORE_A_STOP.sub(r"\1", " ".join(unescape(excerpt).split()))
    return str(escape(words)).replace(MARK_START, "<mark>").replace(MARK_STOP, "</mark>")
