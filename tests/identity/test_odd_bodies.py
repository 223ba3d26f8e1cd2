"""What programs send that is no form, and where they learn of it: never from a page for people."""

import httpx
import pytest

from tests.identity.driver import OWN_FORM, House

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


@pytest.mark.parametrize("parameter", ["charset=utf-7", 'charset="unicode_escape"'])
async def test_a_form_in_another_charset_is_refused(house: House, parameter: str) -> None:
    """Of these, Python makes halves of characters, which no page can show again: there was a 500."""
    part = b'--b\r\nContent-Disposition: form-data; name="email"\r\n\r\n%s\r\n--b--\r\n'
    headers = OWN_FORM | {"Content-Type": f"multipart/form-data; {parameter}; boundary=b"}
    for half in (b"+2AA-", b"\\ud800"):
        answer = await house.http().post("/sign-in", content=part % half, headers=headers)
        assert answer.status_code == 415


@pytest.mark.parametrize("name", ["UTF-8", "utf8"])
async def test_a_form_that_says_that_it_is_in_utf_8_is_taken(house: House, name: str) -> None:
    part = '--b\r\nContent-Disposition: form-data; name="email"\r\n\r\nå@x.example\r\n--b--\r\n'.encode()
    headers = OWN_FORM | {"Content-Type": f"multipart/form-data; charset={name}; boundary=b"}
    answer = await house.http().post("/sign-in", content=part, headers=headers)
    assert (answer.status_code, "å@x.example" in answer.text) == (422, True)
