"""The file."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, StringConstraints, Tag

from identity_service.clients.metadata import ClientMetadata, Token
from identity_service.passwords.rules import MAX_LENGTH, MIN_LENGTH
from identity_service.upstreams.schemas import OIDC, SAML, SamlSettings, UpstreamId, UpstreamSettings, kind_of
from shared.web.fields import Name

Realm = Literal["staff", "customer"]
RoleName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,49}$")]
ClientId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._~-]{0,99}$")]


class Part(BaseModel):
    """A part of the file: a name that is not known is an error, never ignored."""

    model_config = ConfigDict(extra="forbid")


class AppliedClient(ClientMetadata):
    """A client. Without `secret` one is made when the client is new, and shown once."""

    id: ClientId
    secret: Annotated[str | None, Field(min_length=32, max_length=200)] = None
    state: Literal["present", "absent"] = "present"


class AppliedRole(Part):
    """A role that tokens may carry."""

    name: RoleName
    realm: Realm = "staff"
    title: Name
    state: Literal["present", "absent"] = "present"


class AppliedOrganisation(Part):
    """A company of customers."""

    name: Name
    partner: bool = False


class AppliedPerson(Part):
    """An account. `password` is for test set-ups: people choose their own by a link."""

    realm: Realm
    email: Token
    name: Name
    roles: list[RoleName] = []
    organisation: Name | None = None
    active: bool = True
    password: Annotated[str | None, Field(min_length=MIN_LENGTH, max_length=MAX_LENGTH)] = None


class AppliedOpenId(UpstreamSettings):
    """A provider of OpenID Connect upstream. Without `secret` the one that is kept stays."""

    id: UpstreamId
    secret: Annotated[str | None, Field(min_length=8, max_length=500)] = None
    state: Literal["present", "absent"] = "present"


class AppliedSaml(SamlSettings):
    """A provider of SAML upstream. Our key for it is made here and never shown."""

    id: UpstreamId
    state: Literal["present", "absent"] = "present"

    @property
    def secret(self) -> None:
        """There is none in a file."""


AppliedUpstream = Annotated[
    Annotated[AppliedOpenId, Tag(OIDC)] | Annotated[AppliedSaml, Tag(SAML)], Discriminator(kind_of)
]


class Document(Part):
    """The whole file. What a section does not name stays as it is."""

    clients: list[AppliedClient] = []
    roles: list[AppliedRole] = []
    organisations: list[AppliedOrganisation] = []
    people: list[AppliedPerson] = []
    upstreams: list[AppliedUpstream] = []
