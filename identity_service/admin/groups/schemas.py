"""Groups as administrators see and change them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from shared.web.asked import PageAsked
from shared.web.fields import Name

RoleName = Annotated[str, Field(max_length=50)]


@dataclass(frozen=True, slots=True)
class GroupView:
    """Colleagues who belong together. Whoever is in it has its `role`. Who is in one that `is_provisioned`,
    and what it is called, a directory says over SCIM; its role is given here."""

    id: UUID
    name: str
    role: str | None
    is_provisioned: bool
    people: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class GroupsPage:
    """A page of groups, by name."""

    data: list[GroupView]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class MemberView:
    """Somebody in a group."""

    id: UUID
    name: str
    email: str
    joined_at: datetime


@dataclass(frozen=True, slots=True)
class MembersPage:
    """A page of the people in a group, by name."""

    data: list[MemberView]
    next_cursor: str | None


class GroupsAsked(PageAsked):
    """Which groups."""

    q: Annotated[str, Field(max_length=200, description="Part of the name")] = ""


class GroupCreate(BaseModel):
    """A group without people yet."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    role: RoleName | None = None


class GroupChange(BaseModel):
    """What is given is changed, what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    name: Name | None = None
    role: Annotated[RoleName | None, Field(description="None for none")] = None
