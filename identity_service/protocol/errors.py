"""Errors of the authorization endpoint that Authlib does not have, or not without repeating what was sent."""

from authlib.oauth2.rfc6749 import OAuth2Error


class RequestTooLong(OAuth2Error):  # type: ignore[misc] # Authlib carries no types
    """Shown to the person: a state of that length does not fit into an address to go back to."""

    error = "request_too_long"


class LoginRequired(OAuth2Error):  # type: ignore[misc] # Authlib carries no types
    """OpenID Connect Core 3.1.2.6: `prompt=none`, and a person would have to sign in."""

    error = "login_required"


class UnmetAuthenticationRequirements(OAuth2Error):  # type: ignore[misc] # Authlib carries no types
    """OpenID Connect Core Unmet Authentication Requirements 1.0: an essential level that nobody reaches."""

    error = "unmet_authentication_requirements"


class ConsentRequired(OAuth2Error):  # type: ignore[misc] # Authlib carries no types
    error = "consent_required"


class AccessDenied(OAuth2Error):  # type: ignore[misc] # Authlib carries no types
    error = "access_denied"


class RequestNotSupported(OAuth2Error):  # type: ignore[misc] # Authlib carries no types
    """OpenID Connect Core 3.1.2.6: a request object is refused, never ignored."""

    error = "request_not_supported"


class RequestUriNotSupported(OAuth2Error):  # type: ignore[misc] # Authlib carries no types
    error = "request_uri_not_supported"


class UnsupportedResponseType(OAuth2Error):  # type: ignore[misc] # Authlib carries no types
    """OAuth 2.1 section 4.1.2.1: codes and nothing else."""

    error = "unsupported_response_type"
    description = "response_type must be code"
