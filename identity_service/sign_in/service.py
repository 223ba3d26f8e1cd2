"""What happens when somebody has proved who they are."""

from uuid import UUID

from identity_service.accounts.models import Account
from identity_service.audit import service as audit
from identity_service.grants import service as grants
from identity_service.protocol import authorization
from identity_service.protocol.answers import Outcome
from identity_service.sealing import hashed, new_secret
from identity_service.sessions import service as sessions
from identity_service.visit import Visit


async def sign_in(
    visit: Visit, account: Account, *, old_secret: str | None, pending_id: UUID | None
) -> tuple[str, Outcome | None]:
    """Start a session and go on with the request that waited. Returns the secret for the cookie.

    Somebody who only proves again who they are keeps the session and its grants, under a new secret; another
    person's session in the same browser ends.
    """
    old = await sessions.find(visit, account.realm, old_secret)
    if old is not None and old.account_id == account.id:
        session, secret = old, new_secret()
        session.secret_hash, session.seen_at = hashed(secret), visit.now
        session.auth_time = visit.now.replace(microsecond=0)
        audit.record(
            visit.session,
            "session.confirmed",
            at=visit.now,
            account_id=account.id,
            address=visit.address,
            sid=str(session.id),
        )
    else:
        if old is not None:
            await grants.end_session(visit, old, because="another person signed in")
        session, secret = await sessions.start(visit, account, amr=["pwd"])
    return secret, await authorization.resume(visit, pending_id, session)
