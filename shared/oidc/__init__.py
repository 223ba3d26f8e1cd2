"""Trusting identity: what a service or the bridge needs to sign people in and to believe a token.

Nothing here has a database, and nothing here issues tokens; that is the identity service's own code.
"""

from shared.oidc.claims import Act, Claims, Realm
from shared.oidc.client import AuthorizationRequest, RelyingParty, TokenSet
from shared.oidc.dpop import Presented, Proof, ProofMemory
from shared.oidc.errors import (
    IdentityUnavailable,
    InvalidProof,
    InvalidToken,
    OidcError,
    SignInRefused,
    TokenRefused,
)
from shared.oidc.tokens import TokenVerifier

__all__ = [
    "Act",
    "AuthorizationRequest",
    "Claims",
    "IdentityUnavailable",
    "InvalidProof",
    "InvalidToken",
    "OidcError",
    "Presented",
    "Proof",
    "ProofMemory",
    "Realm",
    "RelyingParty",
    "SignInRefused",
    "TokenRefused",
    "TokenSet",
    "TokenVerifier",
]
