"""Signing in and out in a browser: authorization code with PKCE, the tokens kept here."""

import hmac
import secrets
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy import delete, insert
from starlette.requests import Request

from shared.kernel.errors import Forbidden
from shared.oidc.client import AuthorizationRequest
from shared.oidc.errors import IdentityUnavailable
from shared.tools.sign_in import queries, tokens
from shared.tools.sign_in.authenticator import Accounts, session_id
from shared.tools.sign_in.models import WebSession

SESSION_LIFE = timedelta(days=30)
STATE_SECONDS = 600
"""How long signing in may take."""
STATE_KEPT_SECONDS = 86_400
"""How long the browser remembers what it was about, so that it is begun again with the same aim."""
AGAIN = "again."
"""Begins the `state` of a sign-in that was begun again by itself. It stands in the address, since a browser
that keeps no cookie would otherwise go round for ever."""
LONGEST_PATH = 1000
"""Characters of an address to come back to: it travels in a cookie, and browsers drop large ones."""
COOKIES_NEEDED = (
    "Your browser did not keep the cookie that signing in needs. Allow cookies for this site, then try again."
)
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


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


class SignIn:
    def __init__(self, accounts: Accounts, public_url: str) -> None:
        self.accounts = accounts
        self.public_url = public_url

    async def begin(
        self, *, realm: str | None, return_to: str | None, is_again: bool = False
    ) -> tuple[str, str]:
        """Where to send the browser, and what to keep in its cookie until it comes back."""
        realms = self.accounts.policy.realms
        realm = realm if realm in realms else realms[0]
        request = await self.accounts.relying_party.begin(
            scope=SCOPE, resource=self.public_url, realm=realm, state_prefix=AGAIN if is_again else ""
        )
        kept = tokens.of_request(request, realm=realm, return_to=local_path(return_to))
        return request.url, self.accounts.vault.seal(kept).decode()

    async def begin_again(self, request: Request, kept: str | None) -> tuple[str, str]:
        """As `begin`, for an answer whose question is not known in this browser: it took too long, or the
        link in a mail was opened elsewhere. The answer itself is worth nothing and is not looked at.

        Raises `SignInExpired` when this is not to be repeated by itself.
        """
        query = request.query_params
        if "code" not in query:
            raise SignInExpired
        if query.get("state", "").startswith(AGAIN):
            raise SignInExpired("" if kept else COOKIES_NEEDED)
        aim = (self.accounts.vault.open(kept) if kept else None) or {}
        return await self.begin(realm=aim.get("realm"), return_to=aim.get("return_to"), is_again=True)

    async def complete(self, request: Request, kept: str | None) -> tuple[str, str]:
        """A new session's cookie and where to go. Raises `SignInExpired`, `NotAdmitted`, `SignInRefused`."""
        state = self.accounts.vault.open(kept, max_age=STATE_SECONDS) if kept else None
        if state is None:
            raise SignInExpired
        asked: AuthorizationRequest = tokens.to_request(state)
        if not _same(request.query_params.get("state", ""), asked.state):
            raise SignInExpired
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
                    created_at=datetime.fromtimestamp(claims.iat, UTC),
                    refreshed_at=now,
                    tokens_expire_at=datetime.fromtimestamp(got.expires_at, UTC),
                    expires_at=now + SESSION_LIFE,
                )
            )
        return cookie, local_path(state["return_to"])

    async def end(self, request: Request) -> str | None:
        """Ends the session here; the answer is where identity ends its own, None when it is not there."""
        cookie = request.cookies.get(self.accounts.cookie, "")
        row = await self.accounts.database.reader.first(queries.TOKENS, session_id=session_id(cookie))
        kept = self.accounts.vault.open(row["tokens"]) if row else None
        async with self.accounts.database.transaction() as session:
            await session.execute(delete(WebSession).where(WebSession.id == session_id(cookie)))
        try:
            return await self.accounts.relying_party.end_session_url(
                id_token=(kept or {}).get("id_token"), back_to=f"{self.public_url}/"
            )
        except IdentityUnavailable:
            return None

    @property
    def sign_out_there(self) -> str:
        """Identity's own page for signing out."""
        return f"{self.accounts.relying_party.issuer}/sign-out"
