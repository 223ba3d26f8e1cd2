"""People as administrators see and change them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from shared.web.asked import PageAsked

Realm = Literal["staff", "customer"]
Text = Annotated[str, Field(max_length=254)]
Roles = Annotated[list[Annotated[str, Field(max_length=100)]], Field(max_length=50)]


@dataclass(frozen=True, slots=True)
class OrganisationRef:
    """The company somebody belongs to."""

    id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A person in a list."""

    id: UUID
    realm: str
    name: str
    email: str
    roles: list[str]
    organisation: OrganisationRef | None
    created_at: datetime
    deactivated_at: datetime | None


@dataclass(frozen=True, slots=True)
class FactorsView:
    """What somebody can sign in with."""

    has_password: bool
    has_totp: bool
    passkeys: int
    recovery_codes: int


@dataclass(frozen=True, slots=True)
class PersonView(PersonRow):
    """A person, all that an administrator is told. Of the `roles`, the `given_roles` were given by hand; the
    others come by groups and by providers upstream."""

    given_roles: list[str]
    email_verified_at: datetime | None
    is_organisation_admin: bool
    groups: list[str]
    factors: FactorsView


@dataclass(frozen=True, slots=True)
class PersonSessionView:
    """A browser in which somebody is signed in."""

    id: UUID
    browser: str
    place: str
    created_at: datetime
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class PeoplePage:
    """A page of people, by name."""

    data: list[PersonRow]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class SessionList:
    """All live sessions of a person."""

    data: list[PersonSessionView]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True)
class InvitedView:
    """Somebody who was sent an invitation. There is an account once they have used it."""

    realm: str
    email: str
    roles: list[str]


class PeopleAsked(PageAsked):
    """Which people."""

    q: Annotated[str, Field(max_length=200, description="Part of a name or an e-mail address")] = ""
    realm: Realm | None = None
    role: Annotated[str | None, Field(max_length=100)] = None
    organisation_id: UUID | None = None
    state: Literal["active", "deactivated"] | None = None


class StaffInvite(BaseModel):
    """A colleague who is to have an account, and the roles that come with it."""

    model_config = ConfigDict(extra="forbid")

    email: Text
    roles: Roles = []


class PersonChange(BaseModel):
    """What is given is changed, what is left out stays. The roles are those given by hand: what groups and
    providers give stays, too."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str | None, Field(max_length=80)] = None
    roles: Roles | None = None
    organisation_id: Annotated[UUID | None, Field(description="None for none")] = None


class Confirmed(BaseModel):
    """What cannot be undone is confirmed by the name of what goes."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(max_length=254)]
