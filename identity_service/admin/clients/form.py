"""The settings of a client, as administrators are asked for them; `clients/metadata.py` has the rules."""

from typing import Final

from identity_service.admin.forms import Field, Group
from identity_service.clients.names import Algorithm, AuthMethod, Profile
from shared.oidc.names import Acr, GrantType

_METHODS: Final = (
    (AuthMethod.BASIC.value, "A secret, in the header", "For applications that run on a server."),
    (AuthMethod.POST.value, "A secret, in the body", "For programs that cannot use the header."),
    (AuthMethod.KEY.value, "A key of its own (private_key_jwt)", "Nothing secret is shared: it signs."),
    (AuthMethod.NONE.value, "Nothing", "Apps on telephones and in browsers keep no secret. They use PKCE."),
)
_GRANTS: Final = (
    (GrantType.CODE.value, "Sign people in", "authorization_code"),
    (GrantType.REFRESH.value, "Stay signed in", "refresh_token"),
    (GrantType.DEVICE.value, "Sign people in on a device without a browser", "device_code"),
    (GrantType.CLIENT.value, "Act for itself", "client_credentials"),
    (GrantType.EXCHANGE.value, "Act elsewhere for a person whose token it holds", "token-exchange"),
)
_PROFILES: Final = (
    (Profile.OAUTH.value, "OAuth 2.1", "What you set here."),
    (Profile.FAPI2.value, "FAPI 2.0", "A key of its own, pushed requests, DPoP and PKCE, without rotation."),
)
_REALMS: Final = (("staff", "Colleagues", ""), ("customer", "Customers", ""))

GROUPS: Final = (
    Group(
        "What it is",
        (
            Field("name", "Name", hint="People read it when asked to allow something.", required=True),
            Field(
                "is_first_party",
                "It is our own",
                "flag",
                "Nobody is asked for consent. For your own applications with a secret or a key only.",
            ),
        ),
    ),
    Group(
        "How it proves itself",
        (
            Field("token_endpoint_auth_method", "With", "choice", options=_METHODS),
            Field("jwks_uri", "Address of its public keys", hint="For private_key_jwt: https://…/jwks.json"),
            Field("jwks", "Or the keys themselves", "json", 'A JWK Set: {"keys": [...]}'),
        ),
    ),
    Group("What it may do", (Field("grant_types", "Grants", "choices", options=_GRANTS),)),
    Group(
        "People who sign in",
        (
            Field("realms", "Whose people may sign in", "choices", options=_REALMS),
            Field(
                "redirect_uris",
                "Where they come back to",
                "lines",
                "Redirect URIs, one a line, exactly as it sends them: https://app.example.com/callback",
            ),
            Field("scopes", "Scopes", "words", "openid profile email community:read …"),
            Field("audiences", "Audiences", "words", "Whom its tokens are for; the first is usual."),
        ),
    ),
    Group(
        "Signing out",
        (
            Field("post_logout_redirect_uris", "Where people come back to", "lines", "One address a line."),
            Field(
                "backchannel_logout_uri",
                "Back-channel logout",
                hint="An address of it that is told when somebody signed out.",
            ),
            Field("backchannel_logout_session_required", "It wants to know which session ended", "flag"),
        ),
        is_rare=True,
    ),
    Group(
        "Acting for itself",
        (
            Field("machine_scopes", "Its own scopes", "words", "With client_credentials."),
            Field("machine_audiences", "Its own audiences", "words"),
            Field("serves", "Whose tokens it may introspect", "words", "Audiences."),
        ),
        is_rare=True,
    ),
    Group(
        "Token exchange",
        (
            Field(
                "exchange_scopes", "Scopes by exchange", "words", "What it may ask for in a person's name."
            ),
            Field("exchange_audiences", "Audiences by exchange", "words"),
            Field(
                "exchange_actors",
                "For whom in turn",
                "words",
                "Clients whose delegated tokens it may exchange once more.",
            ),
            Field("may_act", "Who may exchange its own tokens", hint="One client; empty for all on lists."),
        ),
        is_rare=True,
    ),
    Group(
        "Safety",
        (
            Field("security_profile", "Security profile", "choice", options=_PROFILES),
            Field("requires_pkce", "PKCE is required", "flag"),
            Field("require_pushed_authorization_requests", "Requests are pushed (PAR)", "flag"),
            Field("dpop_bound_access_tokens", "Tokens are bound to a key (DPoP)", "flag"),
            Field("rotates_refresh_tokens", "Refresh tokens rotate", "flag", "Each is good once."),
            Field(
                "refresh_grace_seconds",
                "Grace for a refresh token used twice",
                "number",
                "0 to 60 seconds; empty for the usual.",
            ),
            Field(
                "origins", "Web pages that may use its tokens", "words", "Origins: https://app.example.com"
            ),
            Field("default_max_age", "Oldest sign-in it accepts", "number", "In seconds; empty for any."),
            Field("default_acr_values", "What it asks of a sign-in", "words", f"{Acr.ONE} {Acr.TWO}"),
            Field(
                "id_token_alg",
                "How id_tokens are signed",
                "choice",
                options=tuple((one.value, one.value, "") for one in Algorithm),
            ),
        ),
        is_rare=True,
    ),
    Group(
        "What people are shown",
        (
            Field("client_uri", "Its page"),
            Field("logo_uri", "Its logo"),
            Field("policy_uri", "What it does with data"),
            Field("tos_uri", "Its terms"),
            Field("contacts", "Whom to ask", "lines", "E-mail addresses, one a line."),
        ),
        is_rare=True,
    ),
)
ID: Final = Field("id", "Id", hint="Its client_id; empty for a random one. It stays as it is.")
CREATE: Final = (Group(GROUPS[0].title, (GROUPS[0].fields[0], ID, *GROUPS[0].fields[1:])), *GROUPS[1:])
