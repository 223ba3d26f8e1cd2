"""What every answer has to be."""

from urllib.parse import urljoin, urlsplit

import httpx

OAUTH_ERRORS = frozenset(
    """
    invalid_request invalid_client invalid_grant unauthorized_client unsupported_grant_type invalid_scope
    unsupported_response_type access_denied invalid_target invalid_token insufficient_scope
    unsupported_token_type authorization_pending slow_down expired_token invalid_dpop_proof use_dpop_nonce
    invalid_redirect_uri invalid_client_metadata request_not_supported request_uri_not_supported
    invalid_request_uri login_required consent_required interaction_required account_selection_required
    insufficient_user_authentication unmet_authentication_requirements registration_not_supported
    """.split()
)
"""RFC 6749, 6750, 7009, 7591, 8628, 8707, 9126, 9449, 9470; OpenID Connect Core."""
_PROBLEM, _SCIM = "application/problem+json", "application/scim+json"


def told(answer: httpx.Response) -> str:
    """What was sent and what came, to be read when it was wrong."""
    sent = answer.request
    return f"{sent.method} {sent.url} {sent.content[:2000]!r}: {answer.status_code} {answer.text[:600]}"


def check(answer: httpx.Response, *, leads_to: tuple[str, ...] = ()) -> None:
    """A page, JSON or a problem; a redirect stays here, but for the addresses of `leads_to`."""
    assert answer.status_code < 500, told(answer)
    assert answer.headers["x-request-id"], told(answer)
    location = answer.headers.get("location")
    if answer.is_redirect:
        assert location is not None, told(answer)
        assert location.isascii(), told(answer)
        assert location.isprintable(), told(answer)
        assert _is_ours(answer, location) or location.startswith(leads_to), told(answer)
        return
    kind = answer.headers.get("content-type", "")
    if answer.status_code >= 400:
        is_page = kind.startswith("text/html") and "<h1" in answer.text
        assert is_page or kind == _PROBLEM, told(answer)


def check_oauth(answer: httpx.Response) -> None:
    """An answer to a client: refusals name one of the errors that there are (RFC 6749 section 5.2)."""
    assert answer.status_code in (200, 201, 204, 400, 401, 403, 413, 429), told(answer)
    assert answer.headers["x-request-id"], told(answer)
    if answer.headers.get("content-type") == _PROBLEM:
        assert answer.status_code in (413, 429), told(answer)
    elif answer.status_code >= 400:
        error = answer.json().get("error", _challenged(answer))
        assert error in OAUTH_ERRORS | {""}, told(answer)
        assert "\x00" not in answer.text, told(answer)


def check_scim(answer: httpx.Response) -> None:
    """RFC 7644 section 3.12."""
    assert answer.status_code < 500, told(answer)
    if answer.status_code >= 400 and answer.headers.get("content-type") != _PROBLEM:
        assert answer.headers["content-type"].startswith(_SCIM), told(answer)
        assert answer.json()["status"] == str(answer.status_code), told(answer)


def _is_ours(answer: httpx.Response, location: str) -> bool:
    here = urlsplit(str(answer.request.url))
    there = urlsplit(urljoin(str(answer.request.url), location))
    return (there.scheme, there.netloc) == (here.scheme, here.netloc)


def _challenged(answer: httpx.Response) -> str:
    challenge: str = answer.headers.get("www-authenticate", "")
    return challenge.partition('error="')[2].partition('"')[0]
