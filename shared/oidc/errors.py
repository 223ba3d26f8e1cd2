"""What can go wrong between a service and identity.

They are problems of the kernel's families, so a caller that lets one pass answers with the right status.
"""

from shared.kernel.errors import Forbidden, Problem, Unauthenticated, Unavailable


class OidcError(Problem):
    """Base of every refusal and failure of this package."""


class InvalidToken(OidcError, Unauthenticated):
    """The token must not be believed. `reason` is a short word for logs; it never repeats the token."""

    code = "oidc.invalid_token"
    title = "The access token is not valid here"

    def __init__(self, reason: str) -> None:
        super().__init__(f"{self.title}: {reason}")
        self.reason = reason


class InvalidProof(InvalidToken):
    """The DPoP proof beside a token, or the want of one, must not be believed (RFC 9449 section 4.3)."""

    code = "oidc.invalid_proof"
    title = "The DPoP proof is not valid here"


class IdentityUnavailable(OidcError, Unavailable):
    """Identity could not be asked (no connection, a timeout, a 5xx answer). Trying later may help."""

    code = "oidc.identity_unavailable"
    title = "The identity service cannot be reached at the moment"


class TokenRefused(OidcError, Forbidden):
    """Identity answered and said no (RFC 6749 section 5.2). `error` is its code, such as `invalid_grant`."""

    code = "oidc.token_refused"
    title = "The identity service refused a token"

    def __init__(self, error: str, description: str = "") -> None:
        super().__init__(f"{error}: {description}" if description else error)
        self.error = error
        self.description = description


class SignInRefused(TokenRefused):
    """The answer that came back through the browser is an error, or is not an answer to our question."""

    code = "oidc.sign_in_refused"
    title = "Signing in did not succeed"
