"""What a dump holds, in outline, and from it the fate of each row.

Validation and writing ask the same functions, so that the report of an import says what its validation said.
Ids, names of people and tags are kept, no text: about 200 bytes a post or user.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from shared.tools.transfer.stackexchange.convert import person_name
from shared.tools.transfer.stackexchange.records import (
    REVISIONS,
    Badge,
    Comment,
    LinkType,
    Post,
    PostLink,
    PostType,
    Record,
    Revision,
    Tag,
    User,
    Vote,
    VoteType,
)


class Outcome(StrEnum):
    """What becomes of a row."""

    IMPORTED = "imported"
    MERGED = "merged"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Fate:
    """An outcome and, unless the row is plainly imported, why."""

    outcome: Outcome
    reason: str = ""


IMPORT = Fate(Outcome.IMPORTED)


@dataclass(frozen=True, slots=True)
class PostEntry:
    """What other rows need to know of a post."""

    type: int
    parent_id: int | None
    accepted_answer_id: int | None
    owner_id: int | None


@dataclass
class DumpIndex:
    """What rows of other files need to know of a dump's users, posts and accepted answers."""

    users: dict[int, str] = field(default_factory=dict)
    """User id → name."""
    posts: dict[int, PostEntry] = field(default_factory=dict)
    tags: set[str] = field(default_factory=set)
    """Names of the tags that questions bear."""
    accepted: dict[int, datetime] = field(default_factory=dict)
    """Answer id → when it was accepted."""

    def add(self, record: Record) -> None:
        """Remembers a record that others refer to."""
        if isinstance(record, User):
            self.users[record.id] = person_name(record)
        elif isinstance(record, Post):
            self.posts[record.id] = PostEntry(
                record.type, record.parent_id, record.accepted_answer_id, record.owner_id
            )
            self.tags.update(record.tags)
        elif isinstance(record, Vote) and record.type == VoteType.ACCEPTED:
            self.accepted[record.post_id] = record.created_at

    def accepted_answer(self, question_id: int) -> int | None:
        """The accepted answer of a question, when the dump holds it as an answer to that question."""
        answer_id = self.posts[question_id].accepted_answer_id
        answer = None if answer_id is None else self.posts.get(answer_id)
        return answer_id if answer is not None and answer.parent_id == question_id else None

    def fate(self, record: Record) -> Fate:
        """What becomes of a record in an empty community."""
        return _FATES[type(record)](self, record)

    def post_fate(self, post_id: int) -> Fate:
        """What becomes of a post."""
        post = self.posts[post_id]
        if post.type == PostType.QUESTION:
            return IMPORT
        if post.type != PostType.ANSWER:
            name = _OTHER_POSTS.get(post.type, f"a post of type {post.type}")
            return _skip(f"{name} has no counterpart here")
        parent = self.posts.get(post.parent_id or 0)
        if parent is None:
            return _skip("its question is not in the dump")
        if parent.type != PostType.QUESTION:
            return _skip("its parent is not a question")
        return IMPORT

    def missing_author(self, record: Record) -> str | None:
        """Says so when a record's author is named by an id the dump lacks; the row itself is imported."""
        if not isinstance(record, Post | Comment | Revision):
            return None
        person_id = record.owner_id if isinstance(record, Post) else record.user_id
        if person_id is None or person_id in self.users:
            return None
        return "its author is not in the dump; imported without a profile"

    def missing_answer(self, post_id: int) -> str | None:
        """Says so when a question's accepted answer is not among its answers in the dump."""
        if self.posts[post_id].accepted_answer_id is None or self.accepted_answer(post_id) is not None:
            return None
        return "its accepted answer is not in the dump; imported without"

    def on_post(self, post_id: int) -> Fate | None:
        """Why something on a post cannot be imported; None when it can."""
        if post_id not in self.posts:
            return _skip("its post is not in the dump")
        if self.post_fate(post_id).outcome is Outcome.SKIPPED:
            return _skip("its post is left aside")
        return None


def _skip(reason: str) -> Fate:
    return Fate(Outcome.SKIPPED, reason)


def _of_link(index: DumpIndex, link: PostLink) -> Fate:
    if link.type not in tuple(LinkType):
        return _skip(f"a link of type {link.type} has no counterpart here")
    return index.on_post(link.post_id) or index.on_post(link.related_post_id) or IMPORT


def _of_revision(index: DumpIndex, revision: Revision) -> Fate:
    if aside := index.on_post(revision.post_id):
        return aside
    if revision.type not in REVISIONS:
        name = _EVENTS.get(revision.type, f"an event of type {revision.type}")
        return _skip(f"{name}, which changes no text")
    return IMPORT


def _of_vote(index: DumpIndex, vote: Vote) -> Fate:
    if aside := index.on_post(vote.post_id):
        return aside
    if vote.type in (VoteType.UP, VoteType.DOWN):
        return Fate(Outcome.MERGED, "counted in the post's imported score")
    if vote.type == VoteType.ACCEPTED:
        question_id = index.posts[vote.post_id].parent_id
        if question_id is None or index.accepted_answer(question_id) != vote.post_id:
            return _skip("its answer is no longer the accepted one")
        return Fate(Outcome.MERGED, "kept as the question's accepted answer")
    name = _OTHER_VOTES.get(vote.type, f"a vote of type {vote.type}")
    return _skip(f"{name} has no counterpart here")


def _of_badge(index: DumpIndex, badge: Badge) -> Fate:
    if badge.user_id not in index.users:
        return _skip("its person is not in the dump")
    return _skip("a badge has no counterpart here")


_FATES: dict[type, Callable[..., Fate]] = {
    User: lambda index, user: IMPORT,
    Tag: lambda index, tag: IMPORT if tag.name in index.tags else _skip("no question bears it"),
    Post: lambda index, post: index.post_fate(post.id),
    Comment: lambda index, comment: index.on_post(comment.post_id) or IMPORT,
    Revision: _of_revision,
    PostLink: _of_link,
    Vote: _of_vote,
    Badge: _of_badge,
}

_OTHER_POSTS = {
    3: "a wiki post",
    4: "an excerpt of a tag wiki",
    5: "a tag wiki",
    6: "a moderator's nomination",
    7: "a wiki placeholder",
}

_OTHER_VOTES = {
    4: "a report as offensive",
    5: "a bookmark",
    6: "a vote to close",
    7: "a vote to reopen",
    8: "a bounty",
    9: "a bounty",
    10: "a vote to delete",
    11: "a vote to undelete",
    12: "a report as spam",
    15: "a moderator's review",
    16: "an approved edit suggestion",
}

_EVENTS = {
    10: "a closing",
    11: "a reopening",
    12: "a deletion",
    13: "an undeletion",
    14: "a lock",
    15: "an unlock",
    16: "a turn into community wiki",
    17: "a move to another site",
    19: "a protection",
    20: "an end of protection",
    24: "an applied edit suggestion",
    33: "a notice",
    34: "a removal of a notice",
    35: "a move to another site",
    36: "a move from another site",
    37: "a merge",
    38: "a merge",
}
