"""The web pages from which a client's tokens may be used."""

import pytest

from identity_service.clients.origins import BadOrigin, exact_origins


@pytest.mark.parametrize(
    "origin",
    [
        "https://app.example.com",
        "https://app.example.com:8443",
        "https://intern",
        "http://localhost",
        "http://localhost:3000",
        "http://127.0.0.1:5173",
        "http://[::1]:5173",
    ],
)
def test_an_origin_is_what_a_browser_sends(origin: str) -> None:
    assert exact_origins([origin, origin]) == [origin]


@pytest.mark.parametrize(
    "origin",
    [
        "*",
        "null",
        "",
        "app.example.com",
        "https://*.example.com",
        "https://app.example.com/",
        "https://app.example.com/page",
        "https://App.example.com",
        "https://app.example.com:443",
        "http://localhost:80",
        "https://app.example.com:0",
        "https://app.example.com:70000",
        "https://user@app.example.com",
        "https://app..example.com",
        "https://app.example.com.",
        "https://-app.example.com",
        "https://app.example.com\n",
        "http://app.example.com",
        "http://localhost.example.com",
        "javascript://app.example.com",
    ],
)
def test_everything_else_is_refused(origin: str) -> None:
    with pytest.raises(BadOrigin):
        exact_origins([origin])
