"""What clients say of themselves (RFC 7591), and what services ask for events (RFC 8936)."""

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from identity_service.registration import service as registration
from tests.identity.driver import EMPLOYEE_AUTH
from tests.identity.fuzz import hostile
from tests.identity.fuzz.answers import told
from tests.identity.fuzz.stage import Stage
from tests.identity.fuzz.test_scim import ODD

METADATA: dict[str, list[Any]] = {
    "client_name": ["An app", "\u0000", "\ud800"],
    "redirect_uris": [["https://app.example/callback"], ["javascript:alert(1)"], ["http://[::1"], "x"],
    "grant_types": [["authorization_code"], ["password"], [1]],
    "response_types": [["code"], ["token"]],
    "token_endpoint_auth_method": ["none", "client_secret_post", "private_key_jwt", "tls"],
    "scope": ["openid profile", "openid\u0000", "identity:admin"],
    "jwks": [{"keys": []}, {"keys": [{"kty": "EC", "kid": "x", "crv": "P-256"}]}, []],
    "jwks_uri": ["https://127.0.0.1/keys", "file:///etc/passwd"],
    "logo_uri": ["https://app.example/logo", "//x"],
    "software_statement": ["a.b.c"],
}
REGISTERED = st.fixed_dictionaries(
    {}, optional={name: st.sampled_from(values) | ODD for name, values in METADATA.items()}
)
POLLED = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(["maxEvents", "returnImmediately", "ack", "setErrs"], ODD)
)


@pytest.fixture(scope="session")
def initial(stage: Stage) -> str:
    """A token by which any number of clients may register."""
    return str(
        stage.at_the_console(
            lambda visit: registration.open_door(
                visit, note="all", realms=["customer"], uses=None, life=timedelta(days=1)
            )
        )
    )


def send(stage: Stage, initial: str, data: st.DataObject) -> None:
    path, headers, bodies = data.draw(
        st.sampled_from(
            [
                ("/oauth/register", {"Authorization": f"Bearer {initial}"}, REGISTERED),
                ("/security-events/poll", EMPLOYEE_AUTH, POLLED),
            ]
        )
    )
    body = json.dumps(data.draw(bodies | ODD)).encode()
    answer = stage.actor("nobody").http.post(
        path, content=body, headers=headers | {"Content-Type": "application/json"}
    )
    assert answer.status_code < 500, told(answer)
    assert "json" in answer.headers["content-type"], told(answer)


@given(data=st.data())
@settings(max_examples=25, **hostile.SETTINGS)  # type: ignore[arg-type] # as hypothesis documents them
def test_whatever_a_program_says_in_json_it_is_answered_so(
    stage: Stage, initial: str, data: st.DataObject
) -> None:
    send(stage, initial, data)


@pytest.mark.slow
@given(data=st.data())
@settings(max_examples=500, **hostile.SETTINGS)  # type: ignore[arg-type] # as hypothesis documents them
def test_whatever_a_program_says_in_json_at_length(stage: Stage, initial: str, data: st.DataObject) -> None:
    send(stage, initial, data)
