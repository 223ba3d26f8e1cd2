"""Questions and answers become topics and posts, with their history and attribution."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, func, select, update

from shared.kernel.ids import new_id
from shared.kernel.text import clean_line, slugify
from shared.tools.questions.models import Question
from shared.tools.topics.models import Post as LocalPost
from shared.tools.topics.models import PostRevision, Topic
from shared.tools.transfer.batches import batches
from shared.tools.transfer.known import Place, insert_rows
from shared.tools.transfer.models import PostAttribution
from shared.tools.transfer.stackexchange.archive import DumpFile
from shared.tools.transfer.stackexchange.attributes import our_tags
from shared.tools.transfer.stackexchange.convert import Attribution, markdown_of_html, post_attribution
from shared.tools.transfer.stackexchange.history import HistoryRow, HistorySpool, Version, versions
from shared.tools.transfer.stackexchange.records import Post, PostType
from shared.tools.transfer.stackexchange.writing import ALREADY, GONE, KEPT, Authors, Writing
from shared.web.markdown import render

_MAX_TITLE = 200
KIND = "question"

Row = dict[str, Any]


@dataclass
class _Rows:
    """What one batch adds, by table; written in the order of the references."""

    topics: list[Row] = field(default_factory=list)
    posts: list[Row] = field(default_factory=list)
    questions: list[Row] = field(default_factory=list)
    revisions: list[Row] = field(default_factory=list)
    attributions: list[Row] = field(default_factory=list)

    async def insert(self, writing: Writing) -> None:
        await insert_rows(writing.session, Topic, self.topics)
        await insert_rows(writing.session, LocalPost, self.posts)
        await insert_rows(writing.session, Question, self.questions)
        await insert_rows(writing.session, PostRevision, self.revisions)
        await insert_rows(writing.session, PostAttribution, self.attributions)


async def write_posts(writing: Writing, spool: HistorySpool) -> None:
    """Questions first: an answer may have a lower number than a question it was moved to."""
    for wanted in (PostType.QUESTION, PostType.ANSWER):
        of_type = (post for post in writing.read(DumpFile.POSTS, Post) if post.type == wanted)
        for batch in batches(of_type):
            known = await writing.known.find("post", [post.id for post in batch])
            history = spool.of([post.id for post in batch])
            writing.report.merged(DumpFile.POSTS, ALREADY, len(known))
            await _account_history(writing, [row for post_id in known for row in history[post_id]])
            fresh = [post for post in batch if post.id not in known]
            await _write_batch(writing, fresh, history)
    await _accept_answers(writing)


async def _write_batch(writing: Writing, posts: list[Post], history: dict[int, list[HistoryRow]]) -> None:
    batch = _Batch(
        writing,
        await writing.authors(
            [post.owner_id for post in posts] + [row.user_id for post in posts for row in history[post.id]]
        ),
        await writing.known.places([post.parent_id for post in posts if post.parent_id is not None]),
    )
    for post in posts:
        batch.add(post, history[post.id])
    await batch.rows.insert(writing)
    await writing.known.flush()


class _Batch:
    """Turns the posts of one batch into rows."""

    def __init__(self, writing: Writing, authors: Authors, parents: dict[int, Place]) -> None:
        self.writing = writing
        self.authors = authors
        self.parents = parents
        self.rows = _Rows()

    def add(self, post: Post, history: list[HistoryRow]) -> None:
        parent = self.parents.get(post.parent_id or 0)
        if post.type == PostType.ANSWER and parent is None:
            self.writing.report.skipped(DumpFile.POSTS, GONE)
            self.writing.report.skipped(DumpFile.POST_HISTORY, GONE, len(history))
            return
        body = markdown_of_html(post.body_html)
        said = versions(Version(body, post.title, post.tags, post.created_at), history)
        topic_id = parent.topic_id if parent else self._topic(post)
        post_id = self._post(post, topic_id, said)
        self._revisions(post_id, post, said)
        self.writing.touched.add(topic_id)
        self.writing.known.remember("post", post.id, post_id)
        self.writing.report.imported(DumpFile.POSTS)
        self.writing.report.imported(DumpFile.POST_HISTORY, len(history))

    def _topic(self, post: Post) -> UUID:
        topic_id = new_id()
        title = clean_line(post.title or "")[:_MAX_TITLE] or f"Question {post.id}"
        self.rows.topics.append(
            {
                "id": topic_id,
                "space_id": self.writing.space_id,
                "kind": KIND,
                "author_id": self.authors.of(post.owner_id),
                "title": title,
                "slug": slugify(title),
                "tags": our_tags(post.tags),
                "created_at": post.created_at,
                "last_post_at": post.created_at,
                "closed_at": post.closed_at,
            }
        )
        self.rows.questions.append({"topic_id": topic_id})
        self.writing.started.add(topic_id)
        if (answer_id := self.writing.valid.index.accepted_answer(post.id)) is not None:
            self.writing.accepted.append((post.id, answer_id))
        return topic_id

    def _post(self, post: Post, topic_id: UUID, said: Sequence[Version]) -> UUID:
        post_id = new_id()
        edited = len(said) > 1
        self.rows.posts.append(
            {
                "id": post_id,
                "topic_id": topic_id,
                "reply_to": None,
                "is_first": post.type == PostType.QUESTION,
                "author_id": self.authors.of(post.owner_id),
                "body": said[-1].body,
                "html": render(said[-1].body),
                "created_at": post.created_at,
                "edited_at": said[-1].at if edited else None,
                "edit_count": len(said) - 1,
                "score": post.score,
            }
        )
        given = post_attribution(self.writing.site, post, self.writing.author_name(post.owner_id))
        self.rows.attributions.append(attribution_row(self.writing, post_id, post.score, given))
        return post_id

    def _revisions(self, post_id: UUID, post: Post, said: Sequence[Version]) -> None:
        """A revision holds what was said before an edit; who edited, when and why is the edit's."""
        for row in said[0].rows:
            self.writing.known.remember("revision", row, post_id)
        question = post.type == PostType.QUESTION
        for number, (before, edit) in enumerate(pairwise(said), start=1):
            revision_id = new_id()
            self.rows.revisions.append(
                {
                    "id": revision_id,
                    "post_id": post_id,
                    "number": number,
                    "editor_id": self.authors.editor(edit.editor_id),
                    "body": before.body,
                    "title": before.title if question else None,
                    "tags": our_tags(before.tags) if question else None,
                    "reason": edit.reason,
                    "created_at": edit.at,
                }
            )
            for row in edit.rows:
                self.writing.known.remember("revision", row, revision_id)


def attribution_row(writing: Writing, post_id: UUID, score: int, given: Attribution) -> Row:
    """The row that says where a post comes from."""
    return {
        "post_id": post_id,
        "site": writing.site,
        "source_url": given.source_url,
        "author_name": given.author_name,
        "author_url": given.author_url,
        "licence": given.licence,
        "imported_score": score,
        "imported_at": writing.now,
    }


async def _account_history(writing: Writing, rows: Sequence[HistoryRow]) -> None:
    known = await writing.known.find("revision", [row.id for row in rows]) if rows else {}
    writing.report.merged(DumpFile.POST_HISTORY, ALREADY, len(known))
    writing.report.skipped(DumpFile.POST_HISTORY, KEPT, len(rows) - len(known))


_ACCEPT = (
    update(Question.__table__)  # type: ignore[arg-type] # a Table, declared as FromClause
    .where(Question.__table__.c.topic_id == bindparam("topic"))
    .values(
        accepted_post_id=bindparam("answer"),
        accepted_at=func.greatest(
            select(LocalPost.created_at).where(LocalPost.id == bindparam("answer")).scalar_subquery(),
            bindparam("at"),
        ),
        accepted_by=select(Topic.author_id).where(Topic.id == bindparam("topic")).scalar_subquery(),
    )
)


async def _accept_answers(writing: Writing) -> None:
    """The votes tell the day only, so the answer's own time counts when it is later."""
    for batch in batches(writing.accepted):
        places = await writing.known.places([number for pair in batch for number in pair])
        rows = [
            {
                "topic": places[question].topic_id,
                "answer": places[answer].post_id,
                "at": writing.valid.index.accepted.get(answer),
            }
            for question, answer in batch
            if question in places and answer in places
        ]
        if rows:
            await writing.session.execute(_ACCEPT, rows)
