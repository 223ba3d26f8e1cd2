"""What is said of a provider, wherever it is said: in a file, by an administrator."""

from typing import Annotated, Any, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from shared.web.fields import Disagrees

ADMIN_ROLE = "admin"
OIDC: Final = "oidc"
SAML: Final = "saml"
KINDS: Final = frozenset({OIDC, SAML})
LARGEST_METADATA: Final = 524_288
"""Characters of what a provider of SAML says about itself: some list many endpoints and certificates."""

UpstreamId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
RoleName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,49}$")]
Word = Annotated[str, StringConstraints(pattern=r"^[\x21\x23-\x5B\x5D-\x7E]{1,200}$")]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Domain = Annotated[
    str,
    StringConstraints(to_lower=True, max_length=253, pattern=r"(?i)^([a-z0-9-]{1,63}\.)+[a-z0-9-]{2,63}$"),
]
ClientAuthentication = Literal["client_secret_basic", "client_secret_post", "none"]


def _address(value: str) -> str:
    """Over http none is called but a host that a setting names (`IDENTITY_PRIVATE_HOSTS`)."""
    try:
        parts = urlsplit(value)
    except ValueError:
        raise ValueError("must be the address of the provider") from None
    if not parts.hostname or parts.fragment or parts.username is not None:
        raise ValueError("must be the address of the provider")
    if parts.scheme not in ("https", "http"):
        raise ValueError("must begin with https://")
    return value


def _issuer(value: str) -> str:
    """Core section 2: a URL without query and fragment."""
    if urlsplit(_address(value)).query:
        raise ValueError("must be the address of the provider")
    return value


Address = Annotated[Word, AfterValidator(_address)]
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


class ProviderSettings(BaseModel):
    """What is said of a provider of any kind. Defaults are the careful ones."""

    model_config = ConfigDict(extra="forbid")

    title: Annotated[Line, StringConstraints(max_length=60)]
    realm: Literal["staff", "customer"] = "staff"
    email_domains: Annotated[list[Domain], Field(max_length=100)] = []
    role_rules: Annotated[list[RoleRule], Field(max_length=200)] = []
    provisions: bool = False
    admits_linking: bool = True
    trusts_mfa: bool = False
    is_enabled: bool = True

    @model_validator(mode="after")
    def _names_domains(self) -> Self:
        if self.provisions and not self.email_domains:
            raise Disagrees("email_domains", "provisions needs email_domains: whose people get accounts")
        return self


class UpstreamSettings(ProviderSettings):
    """A provider of OpenID Connect without its id and secret."""

    kind: Literal["oidc"] = OIDC
    issuer: Issuer
    client_id: Word
    token_endpoint_auth_method: ClientAuthentication = "client_secret_basic"  # noqa: S105 # a method
    scopes: Annotated[list[Word], Field(max_length=30)] = ["openid", "profile", "email"]
    verified_claim: Word = "email_verified"

    @model_validator(mode="after")
    def _is_openid(self) -> Self:
        if "openid" not in self.scopes:
            raise Disagrees("scopes", "scopes must name openid")
        return self


class SamlTerms(BaseModel):
    """What only providers of SAML have. An attribute is called by its `Name`, as rules of roles call it in
    `claim`.

    The subject is a persistent NameID, or the one value of `subject_attribute`. `proves_email`: the provider
    is believed that addresses are its people's own. `mfa_contexts` are the authentication contexts that
    stand for two factors. `admits_unsolicited`: people may begin at the provider's own portal.
    """

    metadata_url: Address | None = None
    metadata: Annotated[str | None, Field(max_length=LARGEST_METADATA)] = None
    subject_attribute: Word | None = None
    email_attribute: Word = "urn:oid:0.9.2342.19200300.100.1.3"
    name_attribute: Word = "urn:oid:2.16.840.1.113730.3.1.241"
    proves_email: bool = False
    mfa_contexts: Annotated[list[Word], Field(max_length=20)] = ["https://refeds.org/profile/mfa"]
    signs_requests: bool = False
    admits_unsolicited: bool = False


class SamlSettings(ProviderSettings, SamlTerms):
    """A provider of SAML 2.0 without its id. `issuer` is its entity id; its metadata stand here or at an
    address."""

    kind: Literal["saml"]
    issuer: Word

    @model_validator(mode="after")
    def _is_saml(self) -> Self:
        if (self.metadata is None) == (self.metadata_url is None):
            raise Disagrees("metadata_url", "one of metadata and metadata_url is needed")
        if self.provisions and not self.proves_email:
            raise Disagrees(
                "proves_email", "provisions needs proves_email: addresses of new accounts are proved ones"
            )
        return self


NO_OPENID: Final[dict[str, Any]] = {
    "client_id": "",
    "token_endpoint_auth_method": "none",
    "scopes": [],
    "verified_claim": "email_verified",
}
"""Columns of OpenID Connect, for a provider of SAML."""


def kind_of(said: Any) -> str:
    """Of which kind a provider is said to be; one that does not say so is of OpenID Connect."""
    kind = said.get("kind") if isinstance(said, dict) else getattr(said, "kind", None)
    return SAML if kind == SAML else OIDC


def settings_of(row: Any) -> UpstreamSettings | SamlSettings:
    """The settings by which a row of `Upstream` was made."""
    model = SamlSettings if row.kind == SAML else UpstreamSettings
    own = row.saml or {}
    return model(**{name: own[name] if name in own else getattr(row, name) for name in model.model_fields})


def values_of(settings: UpstreamSettings | SamlSettings) -> dict[str, Any]:
    """The columns of a row of `Upstream` for these settings."""
    values = settings.model_dump()
    if settings.kind == OIDC:
        return values | {"saml": None}
    saml = {name: values.pop(name) for name in SamlTerms.model_fields}
    return NO_OPENID | values | {"saml": saml}
