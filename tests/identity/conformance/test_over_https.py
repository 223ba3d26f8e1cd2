"""What holds over HTTPS alone, and the ways most travelled there; `make test-all` goes all of them."""

import httpx
import pytest

from tests.identity.conformance.fapi import FapiAgent
from tests.identity.conformance.op import ALL_SCOPES, EMAIL, Agent

pytestmark = pytest.mark.parametrize("scheme", ["https"], indirect=True, scope="session")


def test_all_that_is_published_lies_under_https(plain: Agent) -> None:
    assert plain.op.url.startswith("https://")
    assert plain.op.metadata["issuer"] == plain.op.url
    addresses = [value for name, value in plain.op.metadata.items() if name.endswith(("_endpoint", "_uri"))]
    assert len(addresses) >= 9
    assert all(address.startswith(f"{plain.op.url}/") for address in addresses)


def test_somebody_signs_in_and_the_client_learns_who_it_is(agent: Agent) -> None:
    tokens, landing = agent.sign_in_with(scope=ALL_SCOPES)
    assert landing.signed_in
    assert agent.user_info(tokens["access_token"]).json()["email"] == EMAIL


def test_a_client_of_the_fapi_profile_gets_bound_tokens(client: FapiAgent) -> None:
    given = client.bound_tokens()
    assert client.resource(given["access_token"]).json()["sub"] == given["claims"]["sub"]


def test_cookies_are_carried_by_https_alone_and_belong_to_this_host(plain: Agent) -> None:
    plain.sign_in_with()
    cookies = list(plain.http.cookies.jar)
    assert len(cookies) >= 2, "the session, and by what the browser is known"
    for cookie in cookies:
        assert cookie.name.startswith("__Host-"), cookie.name
        assert (cookie.secure, cookie.path, cookie.domain_specified) == (True, "/", False)
        assert cookie.has_nonstandard_attr("HttpOnly")


def test_plain_http_is_not_answered(plain: Agent) -> None:
    with pytest.raises(httpx.HTTPError):
        httpx.get(plain.op.url.replace("https", "http", 1))


def test_nobody_else_vouches_for_it(plain: Agent) -> None:
    public = httpx.create_ssl_context(trust_env=False)
    with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        httpx.get(plain.op.url, verify=public)
