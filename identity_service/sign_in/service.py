"""What happens when somebody has proved who they are."""

from identity_service.accounts.models import Account
from identity_service.audit import service as audit
from identity_service.devices import service as devices
from identity_service.devices.models import KnownDevice
from identity_service.factors import levels
from identity_service.factors import service as factors
from identity_service.grants import service as grants
from identity_service.policy import service as policies
from identity_service.protocol import assurance, authorization
from identity_service.protocol.answers import Outcome
from identity_service.sealing import hashed, new_secret
from identity_service.sessions import service as sessions
from identity_service.sessions import words
from identity_service.sign_in.unfinished import Way
from identity_service.visit import Visit
from shared.oidc.names import Acr


async def owes_second(
    visit: Visit, account: Account, *, amr: list[str], way: Way, device: KnownDevice | None
) -> bool:
    """Whether another factor is wanted: the person has one, or the policy or the request demands it.

    A browser that is remembered stands in for it, but not where somebody proves again who they are.
    """
    if levels.acr_of(amr) is Acr.TWO:
        return False
    policy = await policies.get(visit.session, account.realm)
    pending = await grants.pending_request(visit, way.pending_id)
    demand = await assurance.demand_of(visit, pending)
    if not (await factors.of(visit, account, policy)).count:
        return policy.requires_mfa or Acr.TWO in (demand.needed, way.level)
    if way.back_to or Acr.TWO in (demand.needed, demand.wished):
        return True
    return not (policy.remembered_device_days and devices.is_remembered(visit, device))


async def sign_in(
    visit: Visit, account: Account, *, amr: list[str], old_secret: str | None, way: Way
) -> tuple[str, Outcome | None]:
    """Start a session and go on with the request that waited. Returns the secret for the cookie.

    Somebody who only proves again who they are keeps the session and its grants, under a new secret; another
    person's session in the same browser ends.
    """
    proved_at = way.proved_at or visit.now.replace(microsecond=0)
    old = await sessions.find(visit, account.realm, old_secret)
    if old is not None and old.account_id == account.id:
        session, secret = old, new_secret()
        session.secret_hash, session.seen_at = hashed(secret), visit.now
        session.auth_time, session.amr = max(session.auth_time, proved_at), amr
        audit.record(
            visit.session,
            "session.confirmed",
            at=visit.now,
            account_id=account.id,
            address=visit.address,
            sid=str(session.id),
            amr=amr,
        )
    else:
        if old is not None:
            await grants.end_session(visit, old, because="another person signed in")
        session, secret = await sessions.start(visit, account, amr=amr, proved_at=proved_at)
    return secret, await authorization.resume(visit, way.pending_id, session)


async def know_browser(visit: Visit, account: Account, secret: str | None, *, remember: bool) -> str:
    """Know the browser from now on, and tell the person when it is a new one. Returns its new secret."""
    days = (await policies.get(visit.session, account.realm)).remembered_device_days if remember else 0
    welcome = await devices.welcome(visit, account, secret, remember_days=days)
    if welcome.is_new:
        factors.tell(visit, account, "new_browser", browser=words.browser(visit.user_agent))
    return welcome.secret
