"""What programs send that is no form, and where they learn of it: never from a page for people."""

import httpx
import pytest

PARTS = {"Content-Type": "multipart/form-data"}
PROBLEM = "application/problem+json"


@pytest.mark.parametrize("path", ["par", "token", "revoke", "introspect", "device_authorization"])
async def test_a_body_that_is_no_form_is_an_invalid_request(raw: httpx.AsyncClient, path: str) -> None:
    """The pushed request was answered by a page."""
    answer = await raw.post(f"/oauth/{path}", content=b"x=1", headers=PARTS)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


@pytest.mark.parametrize("path", ["/oauth/token", "/oauth/par", "/scim/v2", "/security-events/poll"])
async def test_a_program_at_a_wrong_address_is_told_by_a_problem(raw: httpx.AsyncClient, path: str) -> None:
    answer = await raw.get(path)
    assert answer.status_code in (404, 405)
    assert answer.headers["content-type"] == PROBLEM


async def test_a_program_that_asks_too_often_is_told_by_a_problem(raw: httpx.AsyncClient) -> None:
    for _ in range(100):
        answer = await raw.post("/oauth/device_authorization", data={"client_id": "nobody"})
        if answer.status_code == 429:
            break
    assert answer.status_code == 429
    assert answer.headers["content-type"] == PROBLEM
    assert int(answer.headers["retry-after"]) > 0
