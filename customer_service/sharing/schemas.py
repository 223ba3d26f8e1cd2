"""What goes in and out about sharing."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from customer_service.sharing.names import Audience, Purpose


def _in_utc(moment: datetime) -> datetime:
    """Raises ValueError for the edges of the calendar, where a zone leads out of it."""
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("this is beyond the calendar") from None


Until = Annotated[AwareDatetime, AfterValidator(_in_utc)]
Reason = Annotated[str, StringConstraints(min_length=1, max_length=500, strip_whitespace=True)]


class SharingCreate(BaseModel):
    """A manager shares a topic."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"purpose": "support", "audience": "staff", "reason": "Nobody here knows."}]
        },
    )

    purpose: Purpose
    audience: Audience = "staff"
    reason: Reason
    until: Until | None = None


class CompanyAsked(BaseModel):
    """The author asks the company. `show_name`: staff may see the name the author has in the community."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"reason": "I need this before Friday."}]}
    )

    reason: Reason = "The author asked the company."
    show_name: bool = False
    until: Until | None = None


@dataclass(slots=True)
class SharingView:
    """What the author and everybody in the topic can know about its sharing.

    `confirmed` of `recipients` have deleted what was withdrawn.
    """

    purpose: str
    audience: str
    reason: str
    by_author: bool
    name_shown: bool
    shared_at: datetime
    until: datetime | None
    reads: Annotated[int, Field(description="How often it was read over the bridge")]
    last_read_at: datetime | None
    withdrawn_at: datetime | None
    withdrawn_why: str | None
    recipients: int
    confirmed: int


@dataclass(slots=True)
class CrossingView:
    """A row of the ledger about one's own topic. The recipient is named, never a person."""

    at: datetime
    direction: str
    message: str
    recipient: str
    purpose: str | None
    digest: str
