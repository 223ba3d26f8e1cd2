"""What happens when somebody has proved who they are."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from identity_service.audit import service as audit
from identity_service.devices.service import KNOWN_FOR
from identity_service.factors import levels
from identity_service.factors import service as factors
from identity_service.factors.service import Factors
from identity_service.grants import service as grants
from identity_service.grants.models import PendingRequest
from identity_service.mail import service as mail
from identity_service.policy.service import Policy
from identity_service.protocol import assurance
from identity_service.sealing import hashed, new_secret
from identity_service.sessions import words
from identity_service.sessions.models import SignInSession
from identity_service.sign_in import queries, statements
from identity_service.sign_in.errors import TooLate
from identity_service.sign_in.proof import Browser, Proof, Way
from identity_service.visit import Caller
from shared.db.query import Row
from shared.oidc.names import Acr


@dataclass(frozen=True, slots=True)
class Standing:
    """Who proved who they are, as it is after that: what their realm's policy asks, with what they can
    answer, and what the account and the browser know of each other. `session_of` is who is signed in in it.
    """

    email: str
    locale: str | None
    policy: Policy
    factors: Factors
    is_known: bool
    is_remembered: bool
    has_browsers: bool
    session_id: UUID | None
    session_of: UUID | None

    @classmethod
    def of(cls, row: Row, now: datetime) -> "Standing":
        policy, until = Policy.of(row), row["remembered_until"]
        return cls(
            email=row["email"],
            locale=row["locale"],
            policy=policy,
            factors=Factors.held(row, policy),
            is_known=row["browser_id"] is not None,
            is_remembered=bool(policy.remembered_device_days) and until is not None and until > now,
            has_browsers=row["has_browsers"],
            session_id=row["session_id"],
            session_of=row["session_of"],
        )


@dataclass(frozen=True, slots=True)
class Entered:
    """A session, and the secrets for the browser's cookies."""

    sid: UUID
    session: str
    known_by: str


async def look(caller: Caller, proof: Proof, browser: Browser) -> Standing:
    """How somebody stands who proved who they are. Raises TooLate."""
    idle, _ = caller.settings.session_life(proof.realm)
    row = await caller.writer.first(
        queries.STANDING,
        account_id=proof.account_id,
        browser_hash=hashed(browser.known_by or ""),
        session_hash=hashed(browser.session or ""),
        idle_since=caller.now - idle,
        now=caller.now,
    )
    if row is None:
        raise TooLate
    return Standing.of(row, caller.now)


async def owes_second(
    caller: Caller, standing: Standing, pending: PendingRequest | None, *, amr: list[str], way: Way
) -> bool:
    """Whether another factor is wanted: the person has one, or the policy or the request demands it.

    A browser that is remembered stands in for it, but not where somebody proves again who they are.
    """
    if levels.acr_of(amr) is Acr.TWO:
        return False
    demand = await assurance.demand_of(caller, pending)
    if not standing.factors.count:
        return standing.policy.requires_mfa or Acr.TWO in (demand.needed, way.level)
    if way.back_to or Acr.TWO in (demand.needed, demand.wished):
        return True
    return not standing.is_remembered


async def sign_in(
    caller: Caller, standing: Standing, proof: Proof, *, browser: Browser, way: Way, remember: bool
) -> Entered:
    """Start a session, and know the browser from now on.

    Somebody who only proves again who they are keeps the session and its grants, under a new secret; another
    person's session in the same browser ends. An account that was used elsewhere before is told of a new
    browser. Raises TooLate.
    """
    is_again = standing.session_of == proof.account_id
    if standing.session_id is not None and not is_again:
        await _end(caller, standing.session_id)
    sid = standing.session_id if is_again and standing.session_id else uuid4()
    session, known_by = new_secret(), new_secret()
    entered = await caller.writer.run(
        statements.ENTER_BY_PASSWORD if proof.password_hash else statements.ENTER,
        **_session(caller, proof, way, sid, session, is_again=is_again),
        **_browser(caller, standing, browser, known_by, remember=remember),
        **_news(caller, standing, proof),
        counted=[proof.counted.hash] if proof.counted else [],
        password_hash=proof.password_hash,
        now=caller.now,
    )
    if not entered:
        raise TooLate
    return Entered(sid, session, known_by)


async def _end(caller: Caller, session_id: UUID) -> None:
    async with caller.visiting() as visit:
        session = await visit.session.get_one(SignInSession, session_id)
        await grants.end_session(visit, session, because="another person signed in")


def _session(
    caller: Caller, proof: Proof, way: Way, sid: UUID, secret: str, *, is_again: bool
) -> dict[str, Any]:
    _, absolute = caller.settings.session_life(proof.realm)
    told = audit.entry(
        "session.confirmed" if is_again else "session.started",
        at=caller.now,
        account_id=proof.account_id,
        address=caller.address,
        sid=str(sid),
        amr=proof.amr,
    )
    return told | {
        "session_id": sid,
        "realm": proof.realm,
        "session_hash": hashed(secret),
        "amr": proof.amr,
        "auth_time": way.proved_at or caller.now.replace(microsecond=0),
        "session_ends_at": caller.now + absolute,
        "user_agent": caller.user_agent[:200],
    }


def _browser(
    caller: Caller, standing: Standing, browser: Browser, known_by: str, *, remember: bool
) -> dict[str, Any]:
    days = standing.policy.remembered_device_days if remember else 0
    return {
        "browser_id": uuid4(),
        "old_browser_hash": hashed(browser.known_by or ""),
        "new_browser_hash": hashed(known_by),
        "known_until": caller.now + KNOWN_FOR,
        "remembered_until": caller.now + timedelta(days=days) if days else None,
    }


def _news(caller: Caller, standing: Standing, proof: Proof) -> dict[str, Any]:
    """The mail about a new browser."""
    if standing.is_known or not standing.has_browsers:
        return mail.NONE
    link, browser = factors.care_link(caller, proof.realm), words.browser(caller.user_agent)
    to, locale = standing.email, standing.locale
    return mail.entry(caller, "new_browser", to=to, locale=locale, link=link, browser=browser)
