"""Everything that is measured, ready to be asked: database, tokens, the service, the ceilings."""

import asyncio
import hashlib
import json
import os
import secrets
import threading
import time
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

import asyncpg
from joserfc import jwt
from joserfc.jwk import ECKey

from bench.community import Generated, load
from bench.processes import Server, free_port
from shared.db.bootstrap import Target, bootstrap
from shared.db.migrations import upgrade

SECRET = "0123456789" * 4
COOKIE = "bench"


def customer_urls(admin_url: str) -> Target:
    parts = urlsplit(admin_url)

    def url(role: str) -> str:
        return urlunsplit((parts.scheme, f"{role}:bench@{parts.hostname}:{parts.port}", "/customer", "", ""))

    return Target(url("customer_owner"), url("customer_app"), url("customer_bridge"))


def prepare_database(admin_url: str) -> tuple[Target, Generated]:
    """An empty database of the customers' community, migrated and filled."""
    target = customer_urls(admin_url)
    asyncio.run(bootstrap(admin_url, [target]))
    upgrade("customer_service", target.owner_url)
    return target, asyncio.run(load(target.app_url))


class Issuer:
    """Stands where identity would: publishes a key and signs access tokens with it."""

    def __init__(self) -> None:
        self.key = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, auto_kid=True)
        self.port = free_port()
        self.url = f"http://localhost:{self.port}"
        public = json.dumps({"keys": [self.key.as_dict(private=False)]}).encode()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(public)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        server = HTTPServer(("127.0.0.1", self.port), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()

    def token(self, subject: str, audience: str) -> str:
        now = int(time.time())
        claims = {
            "iss": self.url,
            "sub": subject,
            "aud": audience,
            "iat": now,
            "exp": now + 7200,
            "jti": secrets.token_hex(8),
            "client_id": "bench",
            "scope": "community:read community:write",
            "realm": "customer",
            "roles": [],
        }
        header = {"alg": "ES256", "kid": self.key.kid, "typ": "at+jwt"}
        return jwt.encode(header, claims, self.key, algorithms=["ES256"])


async def add_session(url: str, person: UUID) -> None:
    """A browser session that needs no refresh while the bench runs."""
    connection = await asyncpg.connect(url)
    now = datetime.now(UTC)
    later = now + timedelta(days=1)
    await connection.execute(
        "insert into web_sessions "
        "(id, person_id, tokens, created_at, refreshed_at, tokens_expire_at, expires_at) "
        "values ($1, $2, '', $3, $4, $4, $4)",
        hashlib.sha256(COOKIE.encode()).hexdigest(), person, now, later,
    )  # fmt: skip
    await connection.close()


def environment(target: Target, issuer: Issuer, public_url: str) -> dict[str, str]:
    """What the customers' community is told: as it is run, but without limits."""
    return {
        "PATH": os.environ["PATH"],
        "IDENTITY_PUBLIC_URL": issuer.url,
        "CUSTOMER_PUBLIC_URL": public_url,
        "CUSTOMER_DATABASE_URL": target.app_url,
        "CUSTOMER_SECRET_KEY": SECRET,
        "CUSTOMER_CLIENT_SECRET": SECRET,
        "RATE_LIMIT_PERSON": "",
        "RATE_LIMIT_ADDRESS": "",
    }


def service(target: Target, issuer: Issuer) -> tuple[Server, str]:
    """The service under measurement, and its public URL."""
    port = free_port()
    public_url = f"http://localhost:{port}"
    command = ["-m", "customer_service", "serve", "--port", str(port)]
    return Server(command, environment(target, issuer, public_url), "/readyz", port), public_url


def bare(app: str, health: str, plan: Path | None = None) -> Server:
    port = free_port()
    variables = {"PATH": os.environ["PATH"], "BENCH_PLAN": str(plan or "")}
    command = ["-m", "uvicorn", f"bench.ceiling:{app}", "--factory", "--port", str(port)]
    return Server([*command, "--log-level", "warning", "--no-access-log"], variables, health, port)
