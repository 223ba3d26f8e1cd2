"""Which security event tokens are believed (RFC 8417, RFC 8936, RFC 9493)."""

from typing import Any

import httpx
import pytest
from joserfc.jwk import ECKey

from shared.oidc import IdentityUnavailable
from shared.oidc.names import EventKind
from shared.oidc.security_events import Answers, SecurityEvents
from tests.oidc.conftest import AUDIENCE, INTERNAL, ISSUER, PretendedIdentity

STRANGE = ECKey.generate_key("P-256", auto_kid=True)


@pytest.fixture
def stream(http: httpx.AsyncClient) -> SecurityEvents:
    return SecurityEvents(
        issuer=ISSUER, internal_url=INTERNAL, client_id=AUDIENCE, client_secret="s" * 32, http=http
    )


async def test_an_event_says_what_happened_to_whom_and_when(
    identity: PretendedIdentity, stream: SecurityEvents
) -> None:
    jti = identity.announce(EventKind.SESSION_REVOKED, "ada", sid="one", at=1_700_000_000.5)
    heard = await stream.poll(Answers())
    (event,) = heard.events
    assert (str(event.id), event.kind, event.sub, event.sid) == (
        jti,
        EventKind.SESSION_REVOKED,
        "ada",
        "one",
    )
    assert event.at.timestamp() == 1_700_000_000.5
    assert not heard.errors
    assert identity.authorizations[-1].startswith("Basic ")


async def test_what_was_dealt_with_is_acknowledged_by_the_next_poll(
    identity: PretendedIdentity, stream: SecurityEvents
) -> None:
    jti = identity.announce(EventKind.DISABLED, "ada")
    bad = identity.announce(EventKind.DISABLED, "ada", aud="another")
    heard = await stream.poll(Answers())
    assert heard.errors == {bad: "invalid_audience"}
    again = await stream.poll(Answers([jti], heard.errors))
    assert not again.events
    assert identity.polls[-1]["ack"] == [jti]
    assert identity.polls[-1]["setErrs"][bad]["err"] == "invalid_audience"


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"header": {"typ": "at+jwt"}}, "invalid_request"),
        ({"header": {"typ": "JWT"}}, "invalid_request"),
        ({"header": {"jwk": {}}}, "invalid_request"),
        ({"iss": "http://localhost:9"}, "invalid_issuer"),
        ({"aud": "another"}, "invalid_audience"),
        ({"jti": "another"}, "invalid_request"),
        ({"key": STRANGE}, "invalid_key"),
        ({"events": {}}, "invalid_request"),
        ({"events": {"urn:unknown": {}}}, "invalid_request"),
        ({"events": {EventKind.DISABLED: {}, EventKind.PURGED: {}}}, "invalid_request"),
        ({"events": {EventKind.DISABLED: {"event_timestamp": "now"}}}, "invalid_request"),
        ({"events": {EventKind.DISABLED: {"event_timestamp": 1e300}}}, "invalid_request"),
        ({"events": {EventKind.CLAIMS_CHANGED: {"claims": []}}}, "invalid_request"),
        ({"sub_id": None}, "invalid_request"),
        ({"sub_id": {"format": "email", "email": "a@b.example"}}, "invalid_request"),
        ({"sub_id": {"format": "iss_sub", "iss": "http://x", "sub": "ada"}}, "invalid_request"),
        ({"sub_id": {"format": "iss_sub", "iss": ISSUER, "sub": "a\0"}}, "invalid_request"),
    ],
)
async def test_what_is_not_an_event_for_us_is_refused_and_said(
    identity: PretendedIdentity, stream: SecurityEvents, wrong: dict[str, Any], error: str
) -> None:
    jti = identity.announce(EventKind.DISABLED, "ada", **wrong)
    heard = await stream.poll(Answers())
    assert (list(heard.events), dict(heard.errors)) == ([], {jti: error})


async def test_an_event_signed_by_a_key_not_yet_known_comes_again(
    identity: PretendedIdentity, stream: SecurityEvents
) -> None:
    jti = identity.announce(EventKind.DISABLED, "ada", header={"kid": "made-a-moment-ago"})
    heard = await stream.poll(Answers())
    assert (list(heard.events), dict(heard.errors)) == ([], {})
    assert jti in identity.events


async def test_an_identity_that_is_away_is_said_so(
    identity: PretendedIdentity, stream: SecurityEvents
) -> None:
    identity.is_down = True
    with pytest.raises(IdentityUnavailable):
        await stream.poll(Answers())
