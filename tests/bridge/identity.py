"""A pretended identity on a port of its own: it publishes a key and gives tokens to whoever asks."""

import base64
import json
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs
from uuid import uuid4

from joserfc import jwt
from joserfc.jwk import ECKey

from shared.oidc.names import AUTHOR_GONE, MAY_NOTHING

EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"


@dataclass
class Account:
    """Somebody identity knows."""

    sub: str
    name: str
    realm: str = "staff"
    roles: list[str] = field(default_factory=lambda: ["customer_facing"])
    active: bool = True


class PretendedIdentity:
    """Signs anything. `accounts` decides who still may when a token is exchanged; while it `distrusts`, no
    assertion is good."""

    def __init__(self) -> None:
        self.key: ECKey = ECKey.generate_key("P-256", auto_kid=True)
        self.accounts: dict[str, Account] = {}
        self.distrusts = False
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://localhost:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def account(self, sub: str, **about: Any) -> Account:
        self.accounts[sub] = Account(sub, about.pop("name", sub.title()), **about)
        return self.accounts[sub]

    def token(self, **claims: Any) -> str:
        """An access token; a claim given as None is left out."""
        now = int(time.time())
        whole = {"iss": self.url, "iat": now, "exp": now + 300, "jti": uuid4().hex} | claims
        header = {"alg": "ES256", "kid": self.key.kid, "typ": "at+jwt"}
        payload = {name: value for name, value in whole.items() if value is not None}
        return jwt.encode(header, payload, self.key, algorithms=["ES256"])

    def own(self, client: str, audience: str, scope: str) -> str:
        """A token of a client for itself."""
        return self.token(sub=client, client_id=client, aud=audience, scope=scope)

    def delegated(self, account: Account, client: str, audience: str, scope: str, **changes: Any) -> str:
        """A token of a client that acts for a person."""
        claims = {
            "sub": account.sub,
            "client_id": client,
            "aud": audience,
            "scope": scope,
            "realm": account.realm,
            "roles": account.roles,
            "name": account.name,
            "act": {"sub": client},
        }
        return self.token(**(claims | changes))

    def _grant(self, form: dict[str, str], client: str) -> dict[str, Any] | tuple[str, str]:
        """The answer, or the error that the real identity gives (RFC 8693 section 2.2.2)."""
        audience, scope = form.get("resource", ""), form.get("scope", "")
        if form["grant_type"] == "client_credentials":
            token = self.own(client, audience, scope)
        elif form["grant_type"] == EXCHANGE:
            if self.distrusts:
                return "invalid_request", "The subject token is not acceptable: unknown key"
            account = self.accounts.get(_subject(form["subject_token"]))
            if account is None or not account.active:
                return "invalid_request", f"The subject token is not acceptable: {AUTHOR_GONE}"
            if "customer_facing" not in account.roles:
                return "invalid_scope", MAY_NOTHING
            token = self.delegated(account, client, audience, scope)
        else:
            return "unsupported_grant_type", ""
        return {"access_token": token, "token_type": "Bearer", "expires_in": 300, "scope": scope}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        identity = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path == "/.well-known/jwks.json":
                    return self._send(200, {"keys": [identity.key.as_dict(private=False)]})
                url = identity.url
                return self._send(
                    200,
                    {
                        "issuer": url,
                        "jwks_uri": f"{url}/.well-known/jwks.json",
                        "authorization_endpoint": f"{url}/oauth/authorize",
                        "token_endpoint": f"{url}/oauth/token",
                        "end_session_endpoint": f"{url}/oauth/end-session",
                    },
                )

            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["content-length"])).decode()
                form = {name: values[0] for name, values in parse_qs(raw).items()}
                granted = identity._grant(form, "employee-community")
                if isinstance(granted, tuple):
                    error, description = granted
                    return self._send(400, {"error": error, "error_description": description})
                return self._send(200, granted)

            def _send(self, status: int, body: dict[str, Any]) -> None:
                raw = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

            def log_message(self, format: str, *args: Any) -> None:
                """Quiet."""

        return Handler


def _subject(token: str) -> str:
    """Whom a token is about, without looking at who signed it."""
    payload = token.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return str(claims["sub"])
