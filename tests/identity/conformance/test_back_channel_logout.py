"""Back-Channel Logout: the client hears of the end of the session, by a token that is nothing else."""

from collections.abc import Callable
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from tests.identity.conformance.application import Application
from tests.identity.conformance.op import AFTER_LOGOUT, FIRST, SECOND, Agent, Provider, RegisteredClient

EVENT = "http://schemas.openid.net/event/backchannel-logout"


def test_oidcc_backchannel_logout_discovery_endpoint_verification(plain: Agent) -> None:
    assert plain.op.metadata["backchannel_logout_supported"] is True
    assert plain.op.metadata["backchannel_logout_session_supported"] is True
    assert plain.op.metadata["end_session_endpoint"].startswith(plain.op.url)


def claims_of(op: Provider, token: str, alg: str) -> dict[str, Any]:
    keys = KeySet.import_key_set(op.keys())  # type: ignore[arg-type] # read from JSON
    decoded = jwt.decode(token, keys, algorithms=[alg])
    assert decoded.header["typ"] == "logout+jwt"
    return dict(decoded.claims)


@pytest.mark.parametrize("registered", [FIRST, SECOND], ids=lambda each: each.alg)
def test_oidcc_backchannel_rp_initiated_logout(
    plain: Agent, application: Application, notices: Callable[[], int], registered: RegisteredClient
) -> None:
    notices()
    application.told.clear()
    plain.client = registered
    tokens, _ = plain.sign_in_with()
    answer = plain.end_session(
        id_token_hint=tokens["id_token"], post_logout_redirect_uri=AFTER_LOGOUT, state="s"
    )
    assert answer.headers["location"] == f"{AFTER_LOGOUT}?state=s"
    assert not plain.is_signed_in()
    assert notices() == 1
    [token] = application.told
    claims = claims_of(plain.op, token, registered.alg)
    for name in ("iss", "aud", "sub", "sid"):
        assert claims[name] == tokens["claims"][name]
    assert claims["events"] == {EVENT: {}}
    assert claims["jti"]
    assert claims["iat"] == plain.op.now()
    assert 0 < claims["exp"] - claims["iat"] <= 120
    assert "nonce" not in claims
    assert notices() == 0, "once is enough"
