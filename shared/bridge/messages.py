"""The messages of the manifest as closed types: what is not named here cannot be sent or read.

Each class takes its meaning and the meaning of its fields from the manifest, and cannot be defined with
other fields than the manifest names.
"""

import re
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
)

from shared.bridge.manifest import BadManifest, manifest

Purpose = Literal["support", "product", "story", "advisory"]
ThreadStatus = Literal["open", "answered", "closed"]
PostRole = Literal["author", "member", "official"]
ChangeType = Literal["shared", "updated", "withdrawn"]

MAX_REPLY: Final = 20_000
"""Characters in an official answer."""


def _utc(value: datetime) -> str:
    """RFC 3339 in UTC with microseconds, always the same length, so that digests agree."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


Moment = Annotated[
    AwareDatetime,
    PlainSerializer(_utc, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
Ref = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
"""A random 128-bit value, as 32 hexadecimal digits."""
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


_NOT_IN_TEXT: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_NOT_IN_A_NAME: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
"""Controls, line ends, what cannot be seen, and marks that turn the direction of what follows."""


def _readable(text: str) -> str:
    if _NOT_IN_TEXT.search(text):
        raise ValueError("holds control characters")
    if not any(c.isprintable() and not c.isspace() for c in text):
        raise ValueError("has nothing in it that can be seen")
    return text


def _one_line(name: str) -> str:
    if _NOT_IN_A_NAME.search(name):
        raise ValueError("holds line ends, or characters that cannot be seen")
    return _readable(name)


ReplyText = Annotated[str, StringConstraints(min_length=1, max_length=MAX_REPLY), AfterValidator(_readable)]
PublicName = Annotated[
    str,
    StringConstraints(min_length=1, max_length=80, strip_whitespace=True),
    AfterValidator(_one_line),
]
"""The name or role that a member of staff chose to be seen with."""


class Message(BaseModel):
    """What crosses, or a part of it. Subclasses name their entry in the manifest."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)
    message_name: ClassVar[str] = ""

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        entry = manifest().messages.get(cls.message_name)
        if entry is None:
            raise BadManifest(f"{cls.__name__}: the manifest has no message {cls.message_name!r}")
        defined = {field.alias or name: field for name, field in cls.model_fields.items()}
        if tuple(defined) != entry.names:
            raise BadManifest(
                f"{cls.message_name}: the manifest names {entry.names}, the code {tuple(defined)}"
            )
        for about in entry.fields:
            defined[about.name].description = about.meaning
            defined[about.name].json_schema_extra = {"x-class": about.field_class}
        cls.__doc__ = entry.meaning
        cls.model_rebuild(force=True)

    def plain(self) -> dict[str, Any]:
        """The message as JSON values, ready to be sent and to be digested."""
        return self.model_dump(mode="json", by_alias=True)


class Author(Message):
    message_name = "author"

    pseudonym: Ref
    name: str | None


class Counts(Message):
    message_name = "counts"

    replies: int = Field(ge=0)
    votes: int


class Sharing(Message):
    message_name = "sharing"

    purpose: Purpose
    audience: str
    reason: str
    shared_at: Moment
    until: Moment | None


class Post(Message):
    message_name = "post"

    number: int = Field(ge=1)
    body: str
    role: PostRole
    created_at: Moment


class Thread(Message):
    message_name = "thread"

    ref: Ref
    version: int = Field(ge=1)
    kind: str
    space: str
    title: str
    body: str
    tags: list[str]
    status: ThreadStatus
    created_at: Moment
    updated_at: Moment
    author: Author
    posts: list[Post]
    accepted_answer: int | None
    counts: Counts
    sharing: Sharing


class ThreadSummary(Message):
    message_name = "thread_summary"

    ref: Ref
    version: int = Field(ge=1)
    kind: str
    space: str
    title: str
    tags: list[str]
    status: ThreadStatus
    created_at: Moment
    updated_at: Moment
    author: Author
    counts: Counts
    sharing: Sharing


class ThreadList(Message):
    message_name = "thread_list"

    data: list[ThreadSummary]
    next_cursor: str | None


class Change(Message):
    message_name = "change"

    position: int = Field(ge=1)
    type: ChangeType
    ref: Ref
    version: int = Field(ge=1)
    at: Moment
    purge_by: Moment | None


class ChangePage(Message):
    message_name = "change_page"

    data: list[Change]
    next_cursor: str


class PurgeReceipt(Message):
    message_name = "purge_receipt"

    position: int = Field(ge=0)
    purged: int = Field(ge=0)


class Reply(Message):
    message_name = "reply"

    body: ReplyText
    public_name: PublicName


class Purge(Message):
    message_name = "purge"

    cursor: Annotated[str, StringConstraints(min_length=1, max_length=400)]


class ReplyReceipt(Message):
    message_name = "reply_receipt"

    ref: Ref
    thread_ref: Ref
    state: Literal["accepted"]


class ReplyPreview(Message):
    message_name = "reply_preview"

    html: str
    name: str
    badge: str


class ManifestField(Message):
    message_name = "manifest_field"

    name: str
    field_class: str = Field(alias="class")
    meaning: str
    purpose: str


class ManifestMessage(Message):
    message_name = "manifest_message"

    name: str
    direction: Literal["outward", "inward"]
    meaning: str
    purpose: str
    fields: list[ManifestField]


class ManifestDocument(Message):
    message_name = "manifest"

    version: int
    digest: Digest
    messages: list[ManifestMessage]


class LedgerRow(Message):
    message_name = "ledger_row"

    number: int = Field(ge=1)
    crossing_id: str
    at: Moment
    direction: Literal["outward", "inward"]
    message: str
    digest: Digest
    client: str
    subject: str | None
    purpose: Purpose | None
    refs: list[Ref]
    hash: Digest

    def covered(self) -> dict[str, Any]:
        """What the hash of the row covers: all of it but the hash."""
        row = self.plain()
        del row["hash"]
        return row


class LedgerPage(Message):
    message_name = "ledger_page"

    data: list[LedgerRow]
    next_cursor: str | None


class ProblemField(Message):
    message_name = "problem_field"

    pointer: str
    code: str
    detail: str


class ProblemDocument(Message):
    message_name = "problem"

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    scope: str | None = None
    allow: str | None = None
    retry_after: int | None = None
    errors: list[ProblemField] = []


MESSAGES: Final[tuple[type[Message], ...]] = (
    Thread,
    ThreadSummary,
    ThreadList,
    Author,
    Post,
    Counts,
    Sharing,
    Change,
    ChangePage,
    PurgeReceipt,
    Reply,
    Purge,
    ReplyReceipt,
    ReplyPreview,
    ManifestDocument,
    ManifestMessage,
    ManifestField,
    LedgerRow,
    LedgerPage,
    ProblemDocument,
    ProblemField,
)
"""Every message, in the order of the manifest."""

if tuple(message.message_name for message in MESSAGES) != tuple(manifest().messages):
    raise BadManifest("the manifest names messages that the code does not have, or in another order")
