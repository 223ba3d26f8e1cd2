"""What is said of a provider, wherever it is said: in a file, by an administrator."""

from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

ADMIN_ROLE = "admin"

UpstreamId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
RoleName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,49}$")]
Word = Annotated[str, StringConstraints(pattern=r"^[\x21\x23-\x5B\x5D-\x7E]{1,200}$")]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Domain = Annotated[
    str,
    StringConstraints(to_lower=True, max_length=253, pattern=r"(?i)^([a-z0-9-]{1,63}\.)+[a-z0-9-]{2,63}$"),
]
ClientAuthentication = Literal["client_secret_basic", "client_secret_post", "none"]


def _issuer(value: str) -> str:
    """Core section 2: a URL without query and fragment. Over http none is called but a host that a setting
    names (`IDENTITY_PRIVATE_HOSTS`)."""
    try:
        parts = urlsplit(value)
    except ValueError:
        raise ValueError("must be the address of the provider") from None
    if not parts.hostname or parts.query or parts.fragment or parts.username is not None:
        raise ValueError("must be the address of the provider")
    if parts.scheme not in ("https", "http"):
        raise ValueError("must begin with https://")
    return value


Issuer = Annotated[Word, AfterValidator(_issuer)]


class RoleRule(BaseModel):
    """Who has `value` in `claim` (which is it, or lists it) has the role. Only a rule that says so, by
    `makes_admin`, gives the role `admin`."""

    model_config = ConfigDict(extra="forbid")

    claim: Word
    value: Line
    role: RoleName
    makes_admin: bool = False

    @model_validator(mode="after")
    def _says_so(self) -> Self:
        if (self.role == ADMIN_ROLE) != self.makes_admin:
            raise ValueError("the role admin and makes_admin go together")
        return self


class UpstreamSettings(BaseModel):
    """A provider without its id and secret. Defaults are the careful ones."""

    model_config = ConfigDict(extra="forbid")

    title: Annotated[Line, StringConstraints(max_length=60)]
    realm: Literal["staff", "customer"] = "staff"
    issuer: Issuer
    client_id: Word
    token_endpoint_auth_method: ClientAuthentication = "client_secret_basic"  # noqa: S105 # a method
    scopes: Annotated[list[Word], Field(max_length=30)] = ["openid", "profile", "email"]
    email_domains: Annotated[list[Domain], Field(max_length=100)] = []
    verified_claim: Word = "email_verified"
    role_rules: Annotated[list[RoleRule], Field(max_length=200)] = []
    provisions: bool = False
    admits_linking: bool = True
    trusts_mfa: bool = False
    is_enabled: bool = True

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if "openid" not in self.scopes:
            raise ValueError("scopes must name openid")
        if self.provisions and not self.email_domains:
            raise ValueError("provisions needs email_domains: whose people get accounts")
        return self
