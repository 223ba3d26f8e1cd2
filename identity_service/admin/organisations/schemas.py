"""Organisations as administrators see and change them."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from shared.web.asked import PageAsked
from shared.web.fields import Name


@dataclass(frozen=True, slots=True)
class OrganisationView:
    """A company whose people use the outer community; the people of a partner have the role `partner`."""

    id: UUID
    name: str
    is_partner: bool
    people: int


@dataclass(frozen=True, slots=True)
class OrganisationsPage:
    """A page of organisations, by name."""

    data: list[OrganisationView]
    next_cursor: str | None


class OrganisationsAsked(PageAsked):
    """Which organisations."""

    q: Annotated[str, Field(max_length=200, description="Part of the name")] = ""


class OrganisationChange(BaseModel):
    """An organisation as it shall be."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    is_partner: bool = False
