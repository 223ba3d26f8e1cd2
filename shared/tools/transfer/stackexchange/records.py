"""The typed records of a dump. Each is read from one row; a value that does not fit names its place."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Self
from uuid import UUID

from shared.tools.transfer.stackexchange.archive import DumpFile
from shared.tools.transfer.stackexchange.attributes import MAX_NAME, Attributes
from shared.tools.transfer.stackexchange.xml_rows import Row


class PostType(IntEnum):
    """`PostTypeId`; others are left aside."""

    QUESTION = 1
    ANSWER = 2


class VoteType(IntEnum):
    """`VoteTypeId`, as far as an import looks at it."""

    ACCEPTED = 1
    UP = 2
    DOWN = 3


class LinkType(IntEnum):
    """`LinkTypeId`."""

    LINKED = 1
    DUPLICATE = 3


TITLE_REVISIONS = frozenset({1, 4, 7})
BODY_REVISIONS = frozenset({2, 5, 8})
TAG_REVISIONS = frozenset({3, 6, 9})
REVISIONS = TITLE_REVISIONS | BODY_REVISIONS | TAG_REVISIONS
"""`PostHistoryTypeId` of initial text, edit and rollback."""


@dataclass(frozen=True, slots=True)
class User:
    """A row of Users.xml. `about_html` is HTML."""

    id: int
    display_name: str
    created_at: datetime
    last_seen_at: datetime | None
    about_html: str | None
    location: str | None
    website: str | None

    @classmethod
    def read(cls, row: Row) -> Self:
        a = Attributes(row)
        return cls(
            id=a.integer("Id"),
            display_name=a.text("DisplayName", longest=MAX_NAME),
            created_at=a.time("CreationDate"),
            last_seen_at=a.optional_time("LastAccessDate"),
            about_html=a.optional_text("AboutMe"),
            location=a.optional_text("Location", longest=MAX_NAME),
            website=a.optional_text("WebsiteUrl", longest=2000),
        )


@dataclass(frozen=True, slots=True)
class Tag:
    """A row of Tags.xml."""

    id: int
    name: str
    excerpt_post_id: int | None
    wiki_post_id: int | None

    @classmethod
    def read(cls, row: Row) -> Self:
        a = Attributes(row)
        return cls(
            id=a.integer("Id"),
            name=a.text("TagName", longest=100),
            excerpt_post_id=a.optional_integer("ExcerptPostId"),
            wiki_post_id=a.optional_integer("WikiPostId"),
        )


@dataclass(frozen=True, slots=True)
class Post:
    """A row of Posts.xml. `body_html` is HTML; questions have title and tags, answers a `parent_id`."""

    id: int
    type: int
    created_at: datetime
    score: int
    body_html: str
    owner_id: int | None
    owner_name: str | None
    editor_id: int | None
    edited_at: datetime | None
    active_at: datetime | None
    closed_at: datetime | None
    title: str | None
    tags: tuple[str, ...]
    parent_id: int | None
    accepted_answer_id: int | None
    views: int
    licence: str | None

    @classmethod
    def read(cls, row: Row) -> Self:
        a = Attributes(row)
        kind = a.integer("PostTypeId")
        question = kind == PostType.QUESTION
        return cls(
            id=a.integer("Id"),
            type=kind,
            created_at=a.time("CreationDate"),
            score=a.integer("Score"),
            body_html=a.text("Body"),
            owner_id=a.optional_integer("OwnerUserId"),
            owner_name=a.optional_text("OwnerDisplayName", longest=MAX_NAME),
            editor_id=a.optional_integer("LastEditorUserId"),
            edited_at=a.optional_time("LastEditDate"),
            active_at=a.optional_time("LastActivityDate"),
            closed_at=a.optional_time("ClosedDate"),
            title=a.text("Title", longest=MAX_NAME) if question else None,
            tags=a.tags("Tags"),
            parent_id=a.integer("ParentId") if kind == PostType.ANSWER else None,
            accepted_answer_id=a.optional_integer("AcceptedAnswerId"),
            views=a.optional_integer("ViewCount") or 0,
            licence=a.optional_text("ContentLicense", longest=100),
        )


@dataclass(frozen=True, slots=True)
class Comment:
    """A row of Comments.xml; `text` is a small Markdown: links, emphasis, code."""

    id: int
    post_id: int
    score: int
    text: str
    created_at: datetime
    user_id: int | None
    user_name: str | None
    licence: str | None

    @classmethod
    def read(cls, row: Row) -> Self:
        a = Attributes(row)
        return cls(
            id=a.integer("Id"),
            post_id=a.integer("PostId"),
            score=a.optional_integer("Score") or 0,
            text=a.text("Text"),
            created_at=a.time("CreationDate"),
            user_id=a.optional_integer("UserId"),
            user_name=a.optional_text("UserDisplayName", longest=MAX_NAME),
            licence=a.optional_text("ContentLicense", longest=100),
        )


@dataclass(frozen=True, slots=True)
class Revision:
    """A row of PostHistory.xml; `text` is Markdown, a title or tags, by `type`."""

    id: int
    type: int
    post_id: int
    created_at: datetime
    guid: UUID | None
    user_id: int | None
    user_name: str | None
    text: str
    comment: str | None
    licence: str | None

    @classmethod
    def read(cls, row: Row) -> Self:
        a = Attributes(row)
        return cls(
            id=a.integer("Id"),
            type=a.integer("PostHistoryTypeId"),
            post_id=a.integer("PostId"),
            created_at=a.time("CreationDate"),
            guid=a.optional_uuid("RevisionGUID"),
            user_id=a.optional_integer("UserId"),
            user_name=a.optional_text("UserDisplayName", longest=MAX_NAME),
            text=a.optional_text("Text") or "",
            comment=a.optional_text("Comment"),
            licence=a.optional_text("ContentLicense", longest=100),
        )


@dataclass(frozen=True, slots=True)
class PostLink:
    """A row of PostLinks.xml."""

    id: int
    type: int
    post_id: int
    related_post_id: int
    created_at: datetime

    @classmethod
    def read(cls, row: Row) -> Self:
        a = Attributes(row)
        return cls(
            id=a.integer("Id"),
            type=a.integer("LinkTypeId"),
            post_id=a.integer("PostId"),
            related_post_id=a.integer("RelatedPostId"),
            created_at=a.time("CreationDate"),
        )


@dataclass(frozen=True, slots=True)
class Vote:
    """A row of Votes.xml; the voter is known for bookmarks and bounties only."""

    id: int
    type: int
    post_id: int
    created_at: datetime

    @classmethod
    def read(cls, row: Row) -> Self:
        a = Attributes(row)
        return cls(
            id=a.integer("Id"),
            type=a.integer("VoteTypeId"),
            post_id=a.integer("PostId"),
            created_at=a.time("CreationDate"),
        )


@dataclass(frozen=True, slots=True)
class Badge:
    """A row of Badges.xml."""

    id: int
    user_id: int
    name: str
    given_at: datetime

    @classmethod
    def read(cls, row: Row) -> Self:
        a = Attributes(row)
        return cls(
            id=a.integer("Id"),
            user_id=a.integer("UserId"),
            name=a.text("Name", longest=MAX_NAME),
            given_at=a.time("Date"),
        )


Record = User | Tag | Post | Revision | Comment | PostLink | Vote | Badge

READERS: dict[DumpFile, type[Record]] = {
    DumpFile.USERS: User,
    DumpFile.TAGS: Tag,
    DumpFile.POSTS: Post,
    DumpFile.POST_HISTORY: Revision,
    DumpFile.COMMENTS: Comment,
    DumpFile.POST_LINKS: PostLink,
    DumpFile.VOTES: Vote,
    DumpFile.BADGES: Badge,
}
