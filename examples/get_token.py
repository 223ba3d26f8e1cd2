"""Get an API token for yourself: sign in with the browser, and the access token is printed.

    python examples/get_token.py http://localhost:8002                  # the customers' community
    python examples/get_token.py http://localhost:8001 --realm staff    # the inside, for colleagues

The token goes to standard output and everything else to standard error, so that this works:

    TOKEN=$(python examples/get_token.py http://localhost:8002)
    curl -H "Authorization: Bearer $TOKEN" http://localhost:8002/api/v1/me

It is a public client: nothing secret is in it (RFC 8252). The browser is sent to identity and comes back to
an address on this machine's loopback; PKCE (RFC 7636) makes the code useless to whoever else sees it.
"""

import argparse
import base64
import hashlib
import secrets
import sys
import webbrowser
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode

import httpx

CLIENT_ID = "narrowbridge-cli"
PATIENCE = 300.0
"""Seconds to sign in and agree."""


class Loopback(HTTPServer):
    """Waits on a free port for the browser to come back; what it brought is in `brought`."""

    brought: dict[str, str] | None = None
    timeout = PATIENCE

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Callback)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/callback"

    def handle_timeout(self) -> None:
        sys.exit("Nobody signed in within five minutes.")

    def wait(self) -> dict[str, str]:
        while self.brought is None:
            self.handle_request()
        return self.brought


class Callback(BaseHTTPRequestHandler):
    server: Loopback

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        if path != "/callback":  # such as /favicon.ico
            self.send_error(404)
            return
        self.server.brought = {name: values[0] for name, values in parse_qs(query).items()}
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.end_headers()
        self.wfile.write(b"You can close this page and go back to the terminal.\n")

    def log_message(self, *_: Any) -> None:
        """Says nothing: the code would stand there."""


def main() -> None:
    asked = arguments()
    facts = httpx.get(f"{asked.identity}/.well-known/openid-configuration").raise_for_status().json()
    verifier, state = secrets.token_urlsafe(48), secrets.token_urlsafe(16)
    with Loopback() as loopback:
        url = f"{facts['authorization_endpoint']}?" + urlencode(
            {
                "response_type": "code",
                "client_id": CLIENT_ID,
                "redirect_uri": loopback.address,
                "scope": asked.scope,
                "resource": asked.community,
                "realm": asked.realm,
                "state": state,
                "code_challenge": challenge_of(verifier),
                "code_challenge_method": "S256",
            }
        )
        say(f"Sign in here:\n\n  {url}\n")
        if not asked.no_browser:
            webbrowser.open(url)
        brought = loopback.wait()
        code = code_in(brought, state=state, issuer=facts["issuer"])
        form = {
            "grant_type": "authorization_code",
            "client_id": CLIENT_ID,
            "code": code,
            "code_verifier": verifier,
            "redirect_uri": loopback.address,
            "resource": asked.community,
        }
    answer = httpx.post(facts["token_endpoint"], data=form).json()
    if "access_token" not in answer:
        sys.exit(f"Identity refused: {answer.get('error_description') or answer.get('error')}")
    say(f"For {asked.community}, valid for {answer['expires_in'] // 60} minutes:")
    print(answer["access_token"])  # noqa: T201


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Sign in and print an access token.")
    parser.add_argument("community", help="address of the community, such as http://localhost:8002")
    parser.add_argument("--identity", default="http://localhost:8000", help="address of identity")
    parser.add_argument("--realm", choices=("customer", "staff"), default="customer", help="who you are")
    parser.add_argument("--scope", default="community:read community:write", help="what the token may do")
    parser.add_argument("--no-browser", action="store_true", help="print the address and open nothing")
    return parser.parse_args()


def challenge_of(verifier: str) -> str:
    """S256 of RFC 7636 section 4.2."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def code_in(brought: dict[str, str], *, state: str, issuer: str) -> str:
    """The code, if the answer is to our question (`state`) and from whom we asked (`iss`, RFC 9207)."""
    if brought.get("state") != state or brought.get("iss") != issuer:
        sys.exit("That answer was not to our question: nothing was done with it.")
    if "code" not in brought:
        sys.exit(f"You are not signed in: {brought.get('error_description') or brought.get('error')}")
    return brought["code"]


def say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
