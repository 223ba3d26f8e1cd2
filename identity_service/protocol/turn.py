"""One turn of the protocol: what Authlib's synchronous grants work with."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from identity_service.accounts.models import Account
from identity_service.audit import service as audit
from identity_service.clients.keys import RemoteKeySets
from identity_service.grants.models import Grant
from identity_service.keys.service import KeyRing
from identity_service.protocol.resources import Resource, resources
from identity_service.sealing import Sealer
from identity_service.sessions.models import SignInSession
from identity_service.settings import Settings
from identity_service.visit import Visit


@dataclass(slots=True)
class Turn:
    """The request's one transaction, seen from synchronous code. Only the edge commits it."""

    session: Session
    settings: Settings
    keys: KeyRing
    sealer: Sealer
    client_keys: RemoteKeySets
    now: datetime
    address: str
    resources: dict[str, Resource] = field(default_factory=dict)

    @classmethod
    def of(cls, visit: Visit) -> "Turn":
        services = visit.services
        return cls(
            session=visit.session.sync_session,
            settings=services.settings,
            keys=services.keys,
            sealer=services.sealer,
            client_keys=services.client_keys,
            now=visit.now,
            address=visit.address,
            resources=resources(services.settings),
        )

    @property
    def issuer(self) -> str:
        return self.settings.issuer

    def record(self, event: str, *, account_id: UUID | None, client_id: str, **details: Any) -> None:
        audit.record(
            self.session,
            event,
            at=self.now,
            account_id=account_id,
            client_id=client_id,
            address=self.address,
            **details,
        )

    def revoke(self, grant: Grant, *, because: str) -> None:
        """End a grant: its refresh tokens are refused from now on, and so are its access tokens here."""
        if grant.revoked_at is None:
            grant.revoked_at, grant.revoked_because = self.now, because
            self.record(
                "grant.revoked",
                account_id=grant.account_id,
                client_id=grant.client_id,
                grant=str(grant.id),
                because=because,
            )

    def is_live(self, session: SignInSession) -> bool:
        idle, _ = self.settings.session_life(session.realm)
        return (
            session.ended_at is None and session.expires_at > self.now and session.seen_at > self.now - idle
        )


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is signed in."""

    account: Account
    session: SignInSession


def person_of(turn: Turn, grant: Grant) -> Person | None:
    """The person behind a grant that is still good: not revoked, not over, session and account alive."""
    if grant.revoked_at is not None or grant.expires_at <= turn.now:
        return None
    session = turn.session.get(SignInSession, grant.session_id)
    account = turn.session.get(Account, grant.account_id)
    if session is None or account is None or account.deactivated_at is not None or not turn.is_live(session):
        return None
    return Person(account, session)
