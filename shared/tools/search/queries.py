"""The one statement of search. It starts from the visible rows, as every other does."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    Text,
    Uuid,
    bindparam,
    cast,
    func,
    literal_column,
    select,
    tuple_,
)
from sqlalchemy.dialects.postgresql import ARRAY, distinct_on

from shared.db.query import Query
from shared.tools.topics.catalog import Catalog
from shared.tools.topics.models import Post, Topic
from shared.tools.topics.visibility import visible_posts, visible_topics

CANDIDATES = 2_000
"""Posts that are ranked, newest first: it bounds what a search for a common word costs."""
MARK_START, MARK_STOP = "\x02", "\x03"
_HEADLINE = (
    f"StartSel={MARK_START}, StopSel={MARK_STOP}, MaxWords=32, MinWords=12, ShortWord=0, "
    "MaxFragments=2, FragmentDelimiter=' … '"
)


def _words() -> ColumnElement[Any]:
    return func.websearch_to_tsquery(literal_column("'english'"), bindparam("q", type_=Text()))


class SearchQueries:
    """Compiled once per set of filters, over the columns that topic lists show."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._made: dict[tuple[str, ...], Query] = {}

    def search(self, filters: tuple[str, ...]) -> Query:
        if filters not in self._made:
            self._made[filters] = Query(self._search(filters))
        return self._made[filters]

    def _search(self, filters: tuple[str, ...]) -> Select[Any]:
        words = select(_words().label("words")).cte("query")
        hits = self._hits(words)
        score = hits.c.score
        conditions: dict[str, Any] = {
            "space": Topic.space_id == bindparam("space", type_=Uuid()),
            "kind": Topic.kind == bindparam("kind", type_=Text()),
            "tag": Topic.tags.contains(bindparam("tags", type_=ARRAY(Text()))),
            "after": tuple_(score, Topic.id)
            < tuple_(bindparam("after_score", type_=Integer()), bindparam("after_id", type_=Uuid())),
        }
        found = (
            self._catalog.visible_rows(score, hits.c.post_id)
            .join(hits, hits.c.topic_id == Topic.id)
            .where(*(conditions[name] for name in filters))
            .order_by(score.desc(), Topic.id.desc())
            .limit(bindparam("limit", type_=BigInteger()))
            .subquery("found")
        )
        excerpt = func.ts_headline(literal_column("'english'"), Post.html, words.c.words, _HEADLINE)
        return (
            select(found, excerpt.label("excerpt"))
            .join(Post, Post.id == found.c.post_id)
            .join(words, literal_column("true"))
            .order_by(found.c.score.desc(), found.c.id.desc())
        )

    def _hits(self, words: Any) -> Any:
        """For each topic its best score and the post that earned it. A title counts as its first post."""
        best = [Topic.id.label("topic_id"), Post.id.label("post_id")]
        titles = (
            visible_topics(*best, _score(Topic.search, words, 8).label("score"))
            .join(Post, (Post.topic_id == Topic.id) & Post.is_first)
            .join(words, Topic.search.op("@@")(words.c.words))
            .subquery("titles")
        )
        newest = (
            visible_posts(*best, Post.search.label("search"))
            .join(words, Post.search.op("@@")(words.c.words))
            .order_by(Post.created_at.desc())
            .limit(CANDIDATES)
            .subquery("newest")
        )
        texts = (
            select(newest.c.topic_id, newest.c.post_id, _score(newest.c.search, words, 4).label("score"))
            .join(words, literal_column("true"))
            .subquery("texts")
        )
        matches = (
            select(titles.c.topic_id, titles.c.post_id, titles.c.score)
            .union_all(select(texts.c.topic_id, texts.c.post_id, texts.c.score))
            .subquery("matches")
        )
        total = func.sum(matches.c.score).over(partition_by=matches.c.topic_id)
        return (
            select(matches.c.topic_id, matches.c.post_id, cast(total, Integer).label("score"))
            .ext(distinct_on(matches.c.topic_id))
            .order_by(matches.c.topic_id, matches.c.score.desc(), matches.c.post_id)
            .subquery("hits")
        )


def _score(vector: Any, words: Any, weight: int) -> ColumnElement[int]:
    """An integer, so that a cursor can hold it exactly."""
    return cast(func.ts_rank(vector, words.c.words) * weight * 100_000, Integer)
