"""The discovery document (OpenID Connect Discovery, RFC 8414)."""

from typing import Any

from identity_service.keys.service import ALGORITHMS
from identity_service.protocol.answers import RESPONSE_MODES
from identity_service.protocol.assertion import ALGORITHMS as ASSERTION_ALGORITHMS
from identity_service.protocol.claims import SCOPE_OF
from identity_service.protocol.resources import ADMIN_SCOPE, BRIDGE_SCOPES, COMMUNITY_SCOPES, OPENID_SCOPES
from shared.oidc.names import Acr, GrantType
from shared.oidc.signed import STRONG

_AUTHENTICATED = ("token_endpoint", "revocation_endpoint", "introspection_endpoint")


def document(issuer: str) -> dict[str, Any]:
    """What this issuer offers, and where."""
    methods = ["client_secret_basic", "client_secret_post", "private_key_jwt", "none"]
    signing = [f"{name}_auth_signing_alg_values_supported" for name in _AUTHENTICATED]
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/oauth/authorize",
        "token_endpoint": f"{issuer}/oauth/token",
        "userinfo_endpoint": f"{issuer}/oauth/userinfo",
        "revocation_endpoint": f"{issuer}/oauth/revoke",
        "introspection_endpoint": f"{issuer}/oauth/introspect",
        "device_authorization_endpoint": f"{issuer}/oauth/device_authorization",
        "registration_endpoint": f"{issuer}/oauth/register",
        "end_session_endpoint": f"{issuer}/oauth/end-session",
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
        "jwks_uri": f"{issuer}/.well-known/jwks.json",
        "scopes_supported": sorted(OPENID_SCOPES | COMMUNITY_SCOPES | BRIDGE_SCOPES | {ADMIN_SCOPE}),
        "response_types_supported": ["code"],
        "response_modes_supported": list(RESPONSE_MODES),
        "grant_types_supported": [grant.value for grant in GrantType],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": list(ALGORITHMS),
        "token_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_methods_supported": methods,
        "introspection_endpoint_auth_methods_supported": [name for name in methods if name != "none"],
        **{name: list(ASSERTION_ALGORITHMS) for name in signing},
        "pushed_authorization_request_endpoint": f"{issuer}/oauth/par",
        "require_pushed_authorization_requests": False,
        "dpop_signing_alg_values_supported": list(STRONG),
        "code_challenge_methods_supported": ["S256"],
        "prompt_values_supported": ["none", "login", "consent", "select_account", "create"],
        "claim_types_supported": ["normal"],
        "claims_supported": [
            "iss",
            "sub",
            "aud",
            "exp",
            "iat",
            "auth_time",
            "nonce",
            "acr",
            "amr",
            "azp",
            "sid",
            *SCOPE_OF,
        ],
        "display_values_supported": ["page", "popup"],
        "acr_values_supported": [level.value for level in Acr],
        "ui_locales_supported": ["en"],
        "claims_parameter_supported": True,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "authorization_response_iss_parameter_supported": True,
    }
