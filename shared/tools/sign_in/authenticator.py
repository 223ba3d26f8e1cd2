"""From a credential to an actor: a bearer token for the API, a session cookie for pages."""

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
from shared.db.query import Row
from shared.kernel.actor import ANYONE, GUEST, MEMBERS, Actor
from shared.kernel.clock import Clock
from shared.kernel.errors import Unauthenticated
from shared.oidc.claims import Claims
from shared.oidc.client import RelyingParty, TokenSet
from shared.oidc.errors import IdentityUnavailable, InvalidToken, TokenRefused
from shared.oidc.tokens import TokenVerifier
from shared.tools.people import service as people
from shared.tools.sign_in import queries, tokens
from shared.tools.sign_in.models import WebSession
from shared.tools.sign_in.tokens import Vault

log = structlog.get_logger("sign_in")

REFRESH_EVERY = timedelta(minutes=5)
"""How long a session goes without asking identity whether the person is still signed in there."""
RETRY_AFTER = timedelta(seconds=30)


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
        claims = await self.verifier.verify(token)
        if not claims.is_person:
            raise Unauthenticated("This API serves people: the token must be of one.")
        if claims.act is not None:
            raise InvalidToken("delegated")
        if not self.policy.admits(claims):
            raise Unauthenticated(self.policy.refusal)
        row = await self.database.reader.first(queries.BY_SUBJECT, sub=claims.sub)
        if row is None or _differs(row, claims):
            await self.provision(claims)
            row = await self.database.reader.first(queries.BY_SUBJECT, sub=claims.sub)
        if row is None or not row["active"]:
            raise InvalidToken("inactive")
        return _actor(row, claims.scope)

    async def provision(self, claims: Claims) -> UUID:
        """The person of these claims, made or brought up to date."""
        async with self.database.transaction() as session:
            return await people.provision(
                session,
                self.clock,
                sub=claims.sub,
                realm=str(claims.realm),
                name=claims.name or "Somebody",
                roles=sorted(claims.roles),
            )

    async def by_session(self, request: Request) -> Actor:
        cookie = request.cookies.get(self.cookie)
        if not cookie:
            return GUEST
        now = self.clock.now()
        row = await self.database.reader.first(queries.BY_SESSION, session_id=session_id(cookie), now=now)
        if row is None or not row["active"]:
            return GUEST
        if row["refreshed_at"] < now - REFRESH_EVERY and not await self._still_signed_in(row, now):
            return GUEST
        return _actor(row)

    async def _still_signed_in(self, row: Row, now: datetime) -> bool:
        """Asks identity by refreshing. Only one of parallel requests asks; the others go on meanwhile.

        When identity is silent the session goes on until its token ends.
        """
        sealed = await self._claim_refresh(row, now)
        if sealed is None:
            return True
        kept = self.vault.open(sealed) or {}
        try:
            fresh = await self.relying_party.refresh(kept.get("refresh_token") or "")
        except TokenRefused as refusal:
            log.info("session ended by identity", error=refusal.error)
            await self._end(row["session_id"])
            return False
        except IdentityUnavailable:
            await self._postpone(row["session_id"], now)
            return bool(row["tokens_expire_at"] > now)
        await self._keep(row["session_id"], fresh, kept)
        claims = await self.verifier.verify(fresh.access_token)
        if not self.policy.admits(claims):
            await self._end(row["session_id"])
            return False
        if _differs(row, claims):
            await self.provision(claims)
        return True

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

    async def _postpone(self, key: str, now: datetime) -> None:
        await self._update(key, refreshed_at=now - REFRESH_EVERY + RETRY_AFTER)

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
        key, now = session_id(cookie), self.clock.now()
        row = await self.database.reader.first(queries.BY_SESSION, session_id=key, now=now)
        if row is None:
            return None
        if row["tokens_expire_at"] < now + RETRY_AFTER and not await self._still_signed_in(row, now):
            return None
        sealed = await self.database.reader.first(queries.TOKENS, session_id=key)
        kept = self.vault.open(sealed["tokens"]) if sealed else None
        return kept.get("access_token") if kept else None


def _differs(row: Row, claims: Claims) -> bool:
    """Whether name or roles changed at identity since we last saw this person."""
    name_changed = claims.name is not None and row["name"] != people.shown_name(claims.name)
    return name_changed or frozenset(row["roles"]) != claims.roles
