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
MOST_WORK_AT_ONCE: Final = 800_000
"""The same for all that one page compares: two texts of the largest size."""

Side = Literal["same", "old", "new", "gap"]


@dataclass(frozen=True, slots=True)
class Line:
    side: Side
    text: str


@dataclass(frozen=True, slots=True)
class Edit:
    """One edit. `title` and `tags` are `(before, after)` when they changed; `lines` is None when the texts
    are too long to compare, or the page has compared enough."""

    number: int
    editor: PersonRef | None
    at: datetime
    reason: str
    title: tuple[str, str] | None
    tags: tuple[list[str], list[str]] | None
    lines: list[Line] | None


class Work:
    """What may still be compared for one page."""

    def __init__(self) -> None:
        self.left = MOST_WORK_AT_ONCE

    def take(self, much: int) -> bool:
        """Whether that much may be done; then it is spent."""
        if much > min(self.left, MOST_WORK):
            return False
        self.left -= much
        return True


def compare(before: str, after: str, work: Work | None = None) -> list[Line] | None:
    """The changed lines with a few around them; None when that would take too long."""
    old, new = before.splitlines(), after.splitlines()
    if not (work or Work()).take(len(old) * len(new)):
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


async def edits(
    topic: TopicView, post: PostView, revisions: list[RevisionView], after: RevisionView | None = None
) -> list[Edit]:
    """The edits of a post, newest first, as `revisions` came. `after` is what it said after the first of
    them, when it says something else by now."""
    return await asyncio.to_thread(_edits, topic, post, revisions, after)


def _edits(
    topic: TopicView, post: PostView, revisions: list[RevisionView], after: RevisionView | None
) -> list[Edit]:
    body, title, tags = post.body, topic.title, topic.tags
    if after is not None:
        body = after.body
        title = title if after.title is None else after.title
        tags = tags if after.tags is None else after.tags
    found, work = [], Work()
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
                lines=compare(revision.body, body, work),
            )
        )
        body, title, tags = revision.body, before_title, before_tags
    return found
