"""Signing in and out in a browser: authorization code with PKCE, the tokens kept here."""

import secrets
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy import delete, insert
from starlette.requests import Request

from shared.kernel.errors import Forbidden
from shared.oidc.client import AuthorizationRequest
from shared.tools.sign_in import queries, tokens
from shared.tools.sign_in.authenticator import Accounts, session_id
from shared.tools.sign_in.models import WebSession

SESSION_LIFE = timedelta(days=30)
STATE_SECONDS = 600
LONGEST_PATH = 1000
"""Characters of an address to come back to: it travels in a cookie, and browsers drop large ones."""
SCOPE = "openid profile offline_access community:read community:write"


class NotAdmitted(Forbidden):
    code = "sign_in.not_admitted"
    title = "This community is not for your account"


class SignInExpired(Forbidden):
    code = "sign_in.expired"
    title = "Signing in took too long, or was started in another window"


def local_path(target: str | None) -> str:
    """`target` when it is a path of ours, else `/`: nobody is sent elsewhere."""
    if not target or len(target) > LONGEST_PATH or not target.startswith("/"):
        return "/"
    if target.startswith("//") or "\\" in target:
        return "/"
    parts = urlsplit(target)
    return target if not parts.scheme and not parts.netloc and target.isprintable() else "/"


class SignIn:
    def __init__(self, accounts: Accounts, public_url: str) -> None:
        self.accounts = accounts
        self.public_url = public_url

    async def begin(self, *, realm: str | None, return_to: str | None) -> tuple[str, str]:
        """Where to send the browser, and what to keep in its cookie until it comes back."""
        realms = self.accounts.policy.realms
        request = await self.accounts.relying_party.begin(
            scope=SCOPE, resource=self.public_url, realm=realm if realm in realms else realms[0]
        )
        kept = tokens.of_request(request, local_path(return_to))
        return request.url, self.accounts.vault.seal(kept).decode()

    async def complete(self, request: Request, kept: str | None) -> tuple[str, str]:
        """A new session's cookie and where to go. Raises `SignInExpired`, `NotAdmitted`, `SignInRefused`."""
        state = self.accounts.vault.open(kept, max_age=STATE_SECONDS) if kept else None
        if state is None:
            raise SignInExpired
        asked: AuthorizationRequest = tokens.to_request(state)
        got = await self.accounts.relying_party.complete(dict(request.query_params), asked)
        claims = await self.accounts.verifier.verify(got.access_token)
        if not self.accounts.policy.admits(claims):
            raise NotAdmitted(self.accounts.policy.refusal)
        person_id = await self.accounts.provision(claims)
        cookie, now = secrets.token_urlsafe(32), self.accounts.clock.now()
        async with self.accounts.database.transaction() as session:
            await session.execute(
                insert(WebSession).values(
                    id=session_id(cookie),
                    person_id=person_id,
                    identity_sid=claims.sid,
                    tokens=self.accounts.vault.seal(tokens.of_token_set(got)),
                    created_at=now,
                    refreshed_at=now,
                    tokens_expire_at=datetime.fromtimestamp(got.expires_at, UTC),
                    expires_at=now + SESSION_LIFE,
                )
            )
        return cookie, local_path(state["return_to"])

    async def end(self, request: Request) -> str:
        """Ends the session here; the answer is where identity ends its own."""
        cookie = request.cookies.get(self.accounts.cookie, "")
        row = await self.accounts.database.reader.first(queries.TOKENS, session_id=session_id(cookie))
        kept = self.accounts.vault.open(row["tokens"]) if row else None
        async with self.accounts.database.transaction() as session:
            await session.execute(delete(WebSession).where(WebSession.id == session_id(cookie)))
        return await self.accounts.relying_party.end_session_url(
            id_token=(kept or {}).get("id_token"), back_to=f"{self.public_url}/"
        )
