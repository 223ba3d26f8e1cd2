"""What goes in and out about people."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints


@dataclass(slots=True)
class PersonRef:
    """An author as shown beside what they wrote."""

    id: UUID
    name: str


@dataclass(slots=True)
class PersonView:
    """A profile as every member of the community may see it."""

    id: UUID
    name: str
    bio: str
    joined_at: datetime
    topics: Annotated[int, Field(description="Topics by this person that you may see")]
    posts: Annotated[int, Field(description="Posts by this person that you may see")]


@dataclass(slots=True)
class MeView:
    """The signed-in person."""

    id: UUID
    name: str
    bio: str
    time_zone: str
    roles: list[str]


class MeUpdate(BaseModel):
    """Only what is given changes. The name comes from the account and is changed there."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"bio": "Runs the depot in Ghent."}]}
    )

    bio: Annotated[str, StringConstraints(max_length=2000)] | None = None
    time_zone: Annotated[str, StringConstraints(max_length=64)] | None = None
