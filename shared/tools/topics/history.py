"""What a post said before: each edit with the lines it changed."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from difflib import SequenceMatcher
from typing import Final, Literal

from shared.tools.people.schemas import PersonRef
from shared.tools.topics.schemas import PostView, RevisionView, TopicView

AROUND: Final = 2
"""Unchanged lines shown before and after a change."""
MOST_WORK: Final = 400_000
"""Product of both line counts beyond which two texts are not compared: it would take seconds."""

Side = Literal["same", "old", "new", "gap"]


@dataclass(frozen=True, slots=True)
class Line:
    side: Side
    text: str


@dataclass(frozen=True, slots=True)
class Edit:
    """One edit. `title` and `tags` are `(before, after)` when they changed; `lines` is None when the texts
    are too long to compare."""

    number: int
    editor: PersonRef | None
    at: datetime
    reason: str
    title: tuple[str, str] | None
    tags: tuple[list[str], list[str]] | None
    lines: list[Line] | None


def compare(before: str, after: str) -> list[Line] | None:
    """The changed lines with a few around them; None when that would take too long."""
    old, new = before.splitlines(), after.splitlines()
    if len(old) * len(new) > MOST_WORK:
        return None
    found: list[Line] = []
    groups = SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(AROUND)
    for number, group in enumerate(groups):
        if number or group[0][1] > 0:
            found.append(Line("gap", ""))
        for what, a, b, c, d in group:
            if what == "equal":
                found += [Line("same", text) for text in old[a:b]]
            else:
                found += [Line("old", text) for text in old[a:b]]
                found += [Line("new", text) for text in new[c:d]]
    return found


async def edits(topic: TopicView, post: PostView, revisions: list[RevisionView]) -> list[Edit]:
    """The edits of a post, newest first, as `revisions` came."""
    return await asyncio.to_thread(_edits, topic, post, revisions)


def _edits(topic: TopicView, post: PostView, revisions: list[RevisionView]) -> list[Edit]:
    body, title, tags = post.body, topic.title, topic.tags
    found = []
    for revision in revisions:
        before_title = title if revision.title is None else revision.title
        before_tags = tags if revision.tags is None else revision.tags
        found.append(
            Edit(
                number=revision.number,
                editor=revision.editor,
                at=revision.created_at,
                reason=revision.reason,
                title=(before_title, title) if before_title != title else None,
                tags=(before_tags, tags) if before_tags != tags else None,
                lines=compare(revision.body, body),
            )
        )
        body, title, tags = revision.body, before_title, before_tags
    return found
