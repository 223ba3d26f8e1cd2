"""What goes in and out about spaces, groups and grants."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from shared.tools.people.schemas import PersonRef
from shared.web.fields import Name

LevelName = Literal["see", "reply", "post", "moderate", "manage"]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]


@dataclass(slots=True)
class SpaceRef:
    id: UUID
    slug: str
    name: str


@dataclass(slots=True)
class SpaceView:
    """A space as the caller sees it. `level` is how far the caller may go in it."""

    id: UUID
    slug: str
    name: str
    goal: str
    kinds: list[str]
    topic_count: int
    level: LevelName
    audience: Annotated[str, Field(description="Who can read what is written here, in words")]
    position: Annotated[int, Field(description="Its place in lists: smaller first, equal ones by name")]
    created_at: datetime
    archived_at: Annotated[
        datetime | None, Field(description="Since when only its moderators write here; null for open ones")
    ]
    version: int


@dataclass(slots=True)
class GroupView:
    id: UUID
    slug: str
    name: str
    role: str | None
    members: int
    version: int


@dataclass(slots=True)
class GrantView:
    group: UUID
    group_name: str
    level: LevelName


@dataclass(slots=True)
class SightChange:
    """Who sees the space on one side of a change of grants and not on the other."""

    guests: Annotated[bool, Field(description="Whether people who are not signed in are among them")]
    newcomers: Annotated[bool, Field(description="Whether it holds for whoever joins later too")]
    people: Annotated[int, Field(description="How many people with an account")]
    names: Annotated[
        list[PersonRef],
        Field(description="The first of them by name, for those who may see who is in groups; else none"),
    ]


@dataclass(slots=True)
class GrantChange:
    """What one group may do before and after; null is nothing at all."""

    group: UUID
    group_name: str
    before: LevelName | None
    after: LevelName | None


@dataclass(slots=True)
class GrantsPreview:
    """What would follow from replacing the grants of a space. Nothing was changed."""

    version: Annotated[int, Field(description="Of the space: what `If-Match` names when the grants are put")]
    audience_before: str
    audience_after: str
    gain: SightChange
    lose: SightChange
    changes: list[GrantChange]


class SpaceCreate(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "slug": "deliveries",
                    "name": "Deliveries",
                    "goal": "Get parcels there.",
                    "kinds": ["question"],
                }
            ]
        },
    )

    slug: Slug
    name: Name
    goal: Annotated[str, StringConstraints(max_length=500)] = ""
    kinds: Annotated[list[str], Field(min_length=1, max_length=20)] = Field(default=["discussion"])
    position: Annotated[int, Field(ge=0, le=1000)] = 0


class SpacePatch(BaseModel):
    """What is not named stays as it is."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"archived": True}]})

    name: Name | None = None
    goal: Annotated[str, StringConstraints(max_length=500)] | None = None
    kinds: Annotated[list[str], Field(min_length=1, max_length=20)] | None = None
    position: Annotated[int, Field(ge=0, le=1000)] | None = None
    archived: bool | None = None


class GroupCreate(BaseModel):
    model_config = ConfigDict(extra="forbid")

    slug: Slug
    name: Name


class GroupPatch(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Name


class GrantPut(BaseModel):
    model_config = ConfigDict(extra="forbid")

    group: UUID
    level: LevelName


class GrantsPut(BaseModel):
    """All grants of a space; what is not listed is taken away."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"grants": [{"group": "00000000-0000-7000-8000-000000000002", "level": "post"}]}]
        },
    )

    grants: Annotated[list[GrantPut], Field(min_length=1, max_length=100)]
