"""The settings of a provider, as administrators are asked for them; `upstreams/schemas.py` has the rules."""

from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, Final

from starlette.datastructures import FormData

from identity_service.admin.forms import Field, Group
from identity_service.admin.upstreams.schemas import (
    Change,
    Create,
    SamlChange,
    SamlCreate,
    UpstreamChange,
    UpstreamCreate,
)
from identity_service.upstreams.schemas import ADMIN_ROLE, OIDC, SAML, RoleRule

_METHODS: Final = (
    ("client_secret_basic", "A secret, in the header", ""),
    ("client_secret_post", "A secret, in the body", ""),
    ("none", "Nothing but PKCE", "For a public client there."),
)
_ID: Final = Field(
    "id", "Id", hint="Small letters, digits, hyphens. Stands in its address, and stays.", required=True
)
_TITLE: Final = Field("title", "Name", hint="Stands on the button of the sign-in page.", required=True)
_REALM: Final = Field(
    "realm", "Whose people", "choice", options=(("staff", "Colleagues", ""), ("customer", "Customers", ""))
)
_WHO_GETS_IN: Final = (
    Field(
        "provisions",
        "Who is new gets an account",
        "flag",
        "When their address is proved there, and its domain stands here.",
    ),
    Field("email_domains", "Domains", "words", "northwind.example, one a line or more."),
    Field("admits_linking", "People may connect the account that they have", "flag"),
    Field(
        "trusts_mfa",
        "Its second factor counts here",
        "flag",
        "When it says so. Else people who need one give ours too.",
    ),
)
_OIDC: Final = (
    Group(
        "Who they are",
        (
            _TITLE,
            Field(
                "issuer",
                "Issuer",
                hint="Exactly as the provider writes it: https://login.example.com/tenant/v2.0",
                required=True,
            ),
            _REALM,
        ),
    ),
    Group(
        "How we prove ourselves there",
        (
            Field("client_id", "Client id", hint="That you got when you registered us there.", required=True),
            Field("token_endpoint_auth_method", "With", "choice", options=_METHODS),
            Field("secret", "Client secret", "secret", "Kept sealed and never shown. Empty: as it is."),
        ),
    ),
    Group("Who gets in", _WHO_GETS_IN),
    Group(
        "What is asked for",
        (
            Field("scopes", "Scopes", "words", "openid is among them."),
            Field("verified_claim", "Which claim says that an address is proved", hint="Entra: xms_edov"),
        ),
        is_rare=True,
    ),
)
_SAML: Final = (
    Group(
        "Who they are",
        (
            _TITLE,
            Field("issuer", "Entity id", hint="Exactly as its metadata say it.", required=True),
            Field("metadata_url", "Address of its metadata", hint="They are read anew every ten minutes."),
            Field("metadata", "Or the metadata themselves", "text", "The XML document."),
            _REALM,
        ),
    ),
    Group(
        "Who gets in",
        (
            Field(
                "proves_email",
                "It proves the addresses of its people",
                "flag",
                "They are people's own there, and nobody chooses them.",
            ),
            *_WHO_GETS_IN,
            Field("admits_unsolicited", "People may begin at its own portal", "flag"),
        ),
    ),
    Group(
        "Attributes",
        (
            Field("subject_attribute", "Who it is", hint="Empty: the persistent NameID."),
            Field("email_attribute", "E-mail address"),
            Field("name_attribute", "Name of the person"),
            Field("mfa_contexts", "Contexts that stand for two factors", "words"),
            Field("signs_requests", "Our requests are signed", "flag"),
        ),
        is_rare=True,
    ),
)


@dataclass(frozen=True, slots=True)
class Form:
    """How providers of one kind are asked for, and what their settings have to fit."""

    kind: str
    groups: tuple[Group, ...]
    change: type[Change]
    create: type[Create]

    @property
    def new(self) -> tuple[Group, ...]:
        """With the id, which never changes afterwards."""
        first, *others = self.groups
        return (Group(first.title, (first.fields[0], _ID, *first.fields[1:])), *others)


FORMS: Final = {
    OIDC: Form(OIDC, _OIDC, UpstreamChange, UpstreamCreate),
    SAML: Form(SAML, _SAML, SamlChange, SamlCreate),
}
SPARE: Final = 2
"""Empty rows for more rules."""

Rule = dict[str, Any]


def rules_typed(form: FormData) -> list[Rule]:
    """What was typed of rules that give roles; a row in which nothing stands is none."""
    columns = [[str(one).strip() for one in form.getlist(name)] for name in ("claim", "value", "role")]
    rows = [
        dict(zip(("claim", "value", "role"), row, strict=True)) for row in zip_longest(*columns, fillvalue="")
    ]
    return [row for row in rows if row["claim"] or row["value"]]


def rules_meant(typed: list[Rule]) -> list[Rule]:
    """The form says plainly what the role admin means, so choosing it is meant."""
    return [row | {"makes_admin": row["role"] == ADMIN_ROLE} for row in typed]


def rules_said(rules: list[RoleRule]) -> list[Rule]:
    return [rule.model_dump(include={"claim", "value", "role"}) for rule in rules]


def with_spare(rules: list[Rule]) -> list[Rule]:
    return [*rules, *({"claim": "", "value": "", "role": ""} for _ in range(SPARE))]
