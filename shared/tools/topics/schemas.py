"""What goes in and out about topics and posts."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from shared.kernel.text import LONGEST_TAG, tag_name
from shared.tools.people.schemas import PersonRef
from shared.tools.spaces.schemas import SpaceRef
from shared.web.asked import PageAsked
from shared.web.fields import Title

Body = Annotated[str, StringConstraints(min_length=1, max_length=50_000)]


def _tag(text: str) -> str:
    found = tag_name(text)
    if not found:
        raise ValueError("A tag needs a letter or a digit.")
    return found


Tag = Annotated[
    str,
    StringConstraints(pattern=r"^\.?[^\W_A-Z](?:[^\W_A-Z]|[.+#-])*$", max_length=LONGEST_TAG),
    AfterValidator(_tag),
]
Tags = Annotated[list[Tag], Field(max_length=8)]
Can = Annotated[list[str], Field(description="What the caller may do to it")]
Extensions = Annotated[dict[str, Any], Field(description="Facts that other tools hold about it, by tool")]


@dataclass(slots=True)
class TopicRow:
    """A topic in a list."""

    id: UUID
    kind: str
    title: str
    slug: str
    space: SpaceRef
    author: PersonRef
    tags: list[str]
    created_at: datetime
    last_post_at: datetime
    reply_count: int
    closed: bool
    extensions: Extensions


@dataclass(slots=True)
class PostView:
    """A post with its first comments. `body` is Markdown as written, `html` is safe to show."""

    id: UUID
    topic_id: UUID
    reply_to: UUID | None
    author: PersonRef
    body: str
    html: str
    created_at: datetime
    edited_at: datetime | None
    edit_count: int
    score: int
    reactions: dict[str, int]
    my_reactions: list[str]
    comment_count: int
    extensions: Extensions
    can: Can
    comments: list["PostView"] = field(default_factory=list)


@dataclass(slots=True)
class TopicView:
    """A topic with its own text. The replies are read from `/topics/{id}/posts`."""

    id: UUID
    kind: str
    title: str
    slug: str
    space: SpaceRef
    author: PersonRef
    tags: list[str]
    created_at: datetime
    last_post_at: datetime
    reply_count: int
    closed: bool
    extensions: Extensions
    post: PostView
    audience: Annotated[str, Field(description="Who can read what is written here, in words")]
    can: Can
    version: int


@dataclass(slots=True)
class RevisionView:
    """What a post said before one of its edits."""

    number: int
    editor: PersonRef | None
    created_at: datetime
    reason: str
    body: str
    title: str | None
    tags: list[str] | None


class TopicCreate(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "space": "0198b4c2-7d5a-7e0b-9c4f-2b1f6a3d8e10",
                    "kind": "question",
                    "title": "The gateway drops its connection every night",
                    "body": "It happens at **two o'clock**. What could it be?",
                    "tags": ["gateway", "network"],
                }
            ]
        },
    )

    space: UUID
    kind: Annotated[str, StringConstraints(max_length=40)]
    title: Title
    body: Body
    tags: Tags = Field(default=[])


class TopicUpdate(BaseModel):
    """Only what is given changes."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"title": "The gateway drops its connection at two"}]}
    )

    title: Title | None = None
    body: Body | None = None
    tags: Tags | None = None
    closed: bool | None = None
    reason: Annotated[str, StringConstraints(max_length=200)] = ""

    @property
    def content(self) -> bool:
        """Whether what it says changes, rather than its state alone."""
        return any(value is not None for value in (self.title, self.body, self.tags))


class PostCreate(BaseModel):
    """A reply, or a comment on the post named by `reply_to`."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"body": "Look at the *lease time* of the router."}]}
    )

    body: Body
    reply_to: UUID | None = None


class TextPreview(BaseModel):
    body: Body


class PostUpdate(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"body": "Look at the lease time.", "reason": "shorter"}]},
    )

    body: Body
    reason: Annotated[str, StringConstraints(max_length=200)] = ""


class TopicsAsked(PageAsked):
    """Which topics a list shows; what is not given does not restrict."""

    space: Annotated[UUID | None, Field(description="Only of this space")] = None
    tag: Annotated[str | None, Field(max_length=35, description="Only with this tag")] = None
    kind: Annotated[str | None, Field(max_length=40, description="Only of this kind")] = None
    author: Annotated[UUID | None, Field(description="Only started by this person")] = None


class PostsAsked(PageAsked):
    reply_to: Annotated[UUID | None, Field(description="Comments on this post; without it the replies")] = (
        None
    )
