"""RP-Initiated Logout: a redirect only with a valid hint to a registered address, else a page."""

import pytest

from tests.identity.conformance.op import AFTER_LOGOUT, AFTER_LOGOUT_OF_APPS, SECOND, Agent


@pytest.fixture
def hint(plain: Agent) -> str:
    """The id_token of the person who is signed in."""
    tokens, _ = plain.sign_in_with()
    return str(tokens["id_token"])


def stays(agent: Agent, *, status: int, **parameters: str) -> None:
    """A page of ours, by GET and POST; nobody is sent anywhere and the person stays signed in."""
    for post in (False, True):
        answer = agent.end_session(post=post, **parameters)
        assert answer.status_code == status
        assert "location" not in answer.headers
        assert "<h1>" in answer.text
    assert agent.is_signed_in()


def test_oidcc_rp_initiated_logout_discovery_endpoint_verification(plain: Agent) -> None:
    assert plain.op.metadata["end_session_endpoint"] == f"{plain.op.url}/oauth/end-session"


@pytest.mark.parametrize("post", [False, True])
def test_oidcc_rp_initiated_logout(plain: Agent, hint: str, post: bool) -> None:
    answer = plain.end_session(
        post=post, id_token_hint=hint, post_logout_redirect_uri=AFTER_LOGOUT, state="s t&1"
    )
    assert answer.status_code == 303
    assert answer.headers["location"] == f"{AFTER_LOGOUT}?state=s+t%261"
    assert not plain.is_signed_in()


def test_oidcc_rp_initiated_logout_bad_post_logout_redirect_uri(plain: Agent, hint: str) -> None:
    bad = "https://rp.example/other"
    stays(plain, status=400, id_token_hint=hint, post_logout_redirect_uri=bad, state="s")


def test_oidcc_rp_initiated_logout_query_added_to_post_logout_redirect_uri(plain: Agent, hint: str) -> None:
    bad = f"{AFTER_LOGOUT}?foo=bar"
    stays(plain, status=400, id_token_hint=hint, post_logout_redirect_uri=bad, state="s")


def test_oidcc_rp_initiated_logout_modified_id_token_hint(plain: Agent, hint: str) -> None:
    head, body, signature = hint.split(".")
    changed = ".".join((head, body, signature[:-8] + ("A" * 8 if signature[-8:] != "A" * 8 else "B" * 8)))
    stays(plain, status=400, id_token_hint=changed, post_logout_redirect_uri=AFTER_LOGOUT, state="s")


def test_oidcc_rp_initiated_logout_bad_id_token_hint(plain: Agent, hint: str) -> None:
    stays(plain, status=400, id_token_hint="bad", post_logout_redirect_uri=AFTER_LOGOUT, state="s")


@pytest.mark.parametrize("also", [{}, {"client_id": "conformance-1"}, {"logout_hint": "ana@outside.example"}])
def test_oidcc_rp_initiated_logout_no_id_token_hint(plain: Agent, hint: str, also: dict[str, str]) -> None:
    """Anybody could have sent the browser here, so the person is asked."""
    stays(plain, status=200, post_logout_redirect_uri=AFTER_LOGOUT, state="s", **also)
    assert "Sign out?" in plain.end_session(post=False, **also).text


def test_oidcc_rp_initiated_logout_no_params(plain: Agent, hint: str) -> None:
    stays(plain, status=200)


def test_oidcc_rp_initiated_logout_no_post_logout_redirect_uri(plain: Agent, hint: str) -> None:
    answer = plain.end_session(id_token_hint=hint, state="s")
    assert (answer.status_code, "You are signed out" in answer.text) == (200, True)
    assert not plain.is_signed_in()


def test_oidcc_rp_initiated_logout_no_state(plain: Agent, hint: str) -> None:
    answer = plain.end_session(id_token_hint=hint, post_logout_redirect_uri=AFTER_LOGOUT)
    assert answer.headers["location"] == AFTER_LOGOUT
    assert not plain.is_signed_in()


def test_oidcc_rp_initiated_logout_only_state(plain: Agent, hint: str) -> None:
    stays(plain, status=200, state="s")


def test_the_hint_of_one_client_is_of_no_use_to_another(plain: Agent, hint: str) -> None:
    """Section 2: a `client_id` that comes along must be the hint's audience; an unknown one is refused."""
    stays(plain, status=400, id_token_hint=hint, client_id=SECOND.id, post_logout_redirect_uri=AFTER_LOGOUT)
    stays(plain, status=400, client_id="nobody", post_logout_redirect_uri=AFTER_LOGOUT)


def test_an_app_on_the_loopback_is_returned_to_at_whichever_port(plain: Agent, hint: str) -> None:
    """As for its redirect address (RFC 8252 section 7.3)."""
    for bad in ("http://127.0.0.1:51234/other", "https://127.0.0.1:51234/signed-out"):
        stays(plain, status=400, id_token_hint=hint, post_logout_redirect_uri=bad)
    free = AFTER_LOGOUT_OF_APPS.replace("127.0.0.1", "127.0.0.1:51234")
    answer = plain.end_session(id_token_hint=hint, post_logout_redirect_uri=free)
    assert answer.headers["location"] == free
    assert not plain.is_signed_in()
