"""From a credential to an actor: a bearer token for the API, a session cookie for pages."""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import delete, update
from starlette.requests import Request

from shared.db.engine import Database
from shared.db.query import Row, writer_of
from shared.kernel.actor import ANYONE, GUEST, MEMBERS, Actor
from shared.kernel.clock import Clock
from shared.kernel.errors import Problem, Unauthenticated
from shared.oidc.claims import Claims
from shared.oidc.client import RelyingParty, TokenSet
from shared.oidc.dpop import Presented
from shared.oidc.errors import IdentityUnavailable, InvalidToken, TokenRefused
from shared.oidc.tokens import TokenVerifier
from shared.tools.people import service as people
from shared.tools.sign_in import queries, tokens
from shared.tools.sign_in.models import WebSession
from shared.tools.sign_in.tokens import Vault

log = structlog.get_logger("sign_in")

REFRESH_EVERY = timedelta(minutes=4, seconds=30)
"""How long a session goes without asking identity whether the person is still signed in there. Pages of
identity promise five minutes: what one attempt can take, and a clock that is a little off, fit in between."""
RETRY_AFTER = timedelta(seconds=30)
"""How long after an attempt that got no answer the next one is made."""
ASKING = timedelta(seconds=6)
"""How long one attempt can take."""


@dataclass(frozen=True, slots=True)
class SignInPolicy:
    """What differs between communities. `realms` are those one may sign in from; the first is the default."""

    admits: Callable[[Claims], bool]
    refusal: str
    realms: tuple[str, ...]


def session_id(cookie: str) -> str:
    return hashlib.sha256(cookie.encode()).hexdigest()


def _actor(row: Row, scopes: frozenset[str] | None = None) -> Actor:
    return Actor(
        person_id=row["id"],
        name=row["name"],
        roles=frozenset(row["roles"]),
        groups=(ANYONE, MEMBERS, *(row["groups"] or ())),
        scopes=scopes,
        subject=row["sub"],
        time_zone=row["time_zone"],
    )


class Accounts:
    """Implements `shared.web.edge.Authenticator` for a community."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        verifier: TokenVerifier,
        relying_party: RelyingParty,
        vault: Vault,
        policy: SignInPolicy,
        cookie: str,
    ) -> None:
        self.database = database
        self.clock = clock
        self.verifier = verifier
        self.relying_party = relying_party
        self.vault = vault
        self.policy = policy
        self.cookie = cookie

    async def by_bearer(self, token: str) -> Actor:
        return await self._admitted(await self.verifier.verify(token))

    async def by_proof(self, token: str, presented: Presented) -> Actor:
        return await self._admitted(await self.verifier.verify_bound(token, presented))

    async def _admitted(self, claims: Claims) -> Actor:
        if not claims.is_person:
            raise Unauthenticated("This API serves people: the token must be of one.")
        if claims.act is not None:
            raise InvalidToken("delegated")
        if not self.policy.admits(claims):
            raise Unauthenticated(self.policy.refusal)
        known = {"sub": claims.sub, "sid": claims.sid or "", "issued_at": _issued(claims)}
        row = await self.database.reader.first(queries.BY_SUBJECT, **known)
        if row is None or (_is_news(row, claims) and not row["revoked"]):
            await self.provision(claims)
            row = await self.database.reader.first(queries.BY_SUBJECT, **known)
        if row is None or not row["active"]:
            raise InvalidToken("inactive")
        if row["revoked"]:
            raise InvalidToken("revoked")
        return _actor(row, claims.scope)

    async def provision(self, claims: Claims) -> UUID:
        """The person of these claims, made or brought up to date. Raises InvalidToken when identity said
        that the claims hold no more: whoever was purged is not made again."""
        async with self.database.transaction() as session:
            found = await writer_of(session).first(
                queries.IS_REVOKED, sub=claims.sub, sid=claims.sid or "", issued_at=_issued(claims)
            )
            if found is None or found["revoked"]:
                raise InvalidToken("revoked")
            return await people.provision(
                session,
                self.clock,
                sub=claims.sub,
                realm=str(claims.realm),
                name=claims.name,
                roles=sorted(claims.roles),
                told_at=_issued(claims),
            )

    async def by_session(self, request: Request) -> Actor:
        cookie = request.cookies.get(self.cookie)
        row = await self._signed_in(session_id(cookie)) if cookie else None
        return GUEST if row is None else _actor(row)

    async def _row(self, key: str) -> Row | None:
        row = await self.database.reader.first(queries.BY_SESSION, session_id=key, now=self.clock.now())
        return row if row is not None and row["active"] else None

    async def _signed_in(self, key: str) -> Row | None:
        """The session with its person, after identity was asked where that is due.

        While identity is silent the session goes on until its token ends.
        """
        row, now = await self._row(key), self.clock.now()
        if row is None:
            return None
        is_over = row["tokens_expire_at"] <= now
        if row["refreshed_at"] < now - (RETRY_AFTER if is_over else REFRESH_EVERY):
            return await self._ask(row)
        return await self._answer_to_another(key) if is_over else row

    async def _ask(self, row: Row) -> Row | None:
        """Asks identity by refreshing. Only one of parallel requests asks; the others go on meanwhile."""
        key, now = row["session_id"], self.clock.now()
        sealed = await self._claim_refresh(row, now)
        if sealed is None:
            return row if row["tokens_expire_at"] > now else await self._answer_to_another(key)
        kept = self.vault.open(sealed) or {}
        try:
            fresh = await self.relying_party.refresh(kept.get("refresh_token") or "")
            claims = await self.verifier.verify(fresh.access_token)
        except (IdentityUnavailable, TokenRefused, InvalidToken) as refusal:
            return row if await self._goes_on(row, refusal, now) else None
        if claims.sub != row["sub"] or not self.policy.admits(claims):
            await self._end(key)
            return None
        await self._keep(key, fresh, kept)
        if _is_news(row, claims):
            await self.provision(claims)
        return await self._row(key)

    async def _goes_on(self, row: Row, refusal: Problem, now: datetime) -> bool:
        """Whether the session may be used though it could not be refreshed; asks again a little later."""
        key = row["session_id"]
        if isinstance(refusal, TokenRefused) and refusal.error == "invalid_grant":
            log.info("session ended by identity")
            await self._end(key)
            return False
        log.warning("session not refreshed", error=refusal.code)
        if row["tokens_expire_at"] <= now:
            return False
        await self._update(key, refreshed_at=now - REFRESH_EVERY + RETRY_AFTER)
        return True

    async def _answer_to_another(self, key: str) -> Row | None:
        """What identity tells the request that is asking right now; None when there is none, or no answer."""
        while (row := await self._row(key)) is not None:
            now = self.clock.now()
            if row["tokens_expire_at"] > now:
                return row
            if row["refreshed_at"] < now - ASKING:
                return None
            await asyncio.sleep(0.05)
        return None

    async def _claim_refresh(self, row: Row, now: datetime) -> bytes | None:
        claim = (
            update(WebSession)
            .where(WebSession.id == row["session_id"], WebSession.refreshed_at == row["refreshed_at"])
            .values(refreshed_at=now)
            .returning(WebSession.tokens)
        )
        async with self.database.transaction() as session:
            sealed: bytes | None = await session.scalar(claim)
        return sealed

    async def _keep(self, key: str, fresh: TokenSet, kept: dict[str, Any]) -> None:
        held = kept | {name: value for name, value in tokens.of_token_set(fresh).items() if value}
        ends = datetime.fromtimestamp(fresh.expires_at, UTC)
        await self._update(key, tokens=self.vault.seal(held), tokens_expire_at=ends)

    async def _update(self, key: str, **values: Any) -> None:
        async with self.database.transaction() as session:
            await session.execute(update(WebSession).where(WebSession.id == key).values(**values))

    async def _end(self, key: str) -> None:
        async with self.database.transaction() as session:
            await session.execute(delete(WebSession).where(WebSession.id == key))

    async def access_token(self, request: Request) -> str | None:
        """The access token behind this browser session, fresh enough to be exchanged; None for guests."""
        cookie = request.cookies.get(self.cookie)
        if not cookie:
            return None
        key = session_id(cookie)
        row = await self._signed_in(key)
        if row is not None and row["tokens_expire_at"] < self.clock.now() + RETRY_AFTER:
            row = await self._ask(row)
        if row is None:
            return None
        sealed = await self.database.reader.first(queries.TOKENS, session_id=key)
        kept = self.vault.open(sealed["tokens"]) if sealed else None
        return kept.get("access_token") if kept else None


def _issued(claims: Claims) -> datetime:
    return datetime.fromtimestamp(claims.iat, UTC)


def _is_news(row: Row, claims: Claims) -> bool:
    """Whether identity says by this token what it did not say before.

    A newer token that says the same is news too, once: nothing that was made before it counts any more, not
    even a token that was made between the granting of a role and its removal.
    """
    issued, told_at = _issued(claims), row["told_at"]
    if told_at is None or issued > told_at:
        return True
    if issued < told_at:
        return False
    name_changed = claims.name is not None and row["name"] != people.shown_name(claims.name)
    return name_changed or frozenset(row["roles"]) != claims.roles
