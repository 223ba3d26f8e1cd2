"""Sending a browser to a provider, and taking the one answer that comes back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import delete

from identity_service.clients.models import Client
from identity_service.grants import service as grants
from identity_service.grants.models import PendingRequest
from identity_service.limits import service as limits
from identity_service.sealing import hashed
from identity_service.upstreams import openid, provider, queries
from identity_service.upstreams.errors import UpstreamRefused
from identity_service.upstreams.models import UpstreamAttempt, UpstreamOffer
from identity_service.upstreams.persons import Person, person_of
from identity_service.upstreams.provider import Provider
from identity_service.upstreams.questions import Asking, Demand
from identity_service.upstreams.saml import asking as saml
from identity_service.upstreams.schemas import SAML
from identity_service.visit import Caller, Visit

LIFE: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a sign-in is for. `proves_again`: the person has to prove who they are at the provider, now.
    `links_to` is the account whose page asks, when this is to connect it."""

    pending_id: UUID | None = None
    back_to: str = ""
    proves_again: bool = False
    links_to: UUID | None = None


async def ask(caller: Caller, upstream_id: str, question: Question, *, browser: str) -> str:
    """The address to which the browser goes. Raises NotFound, UpstreamSilent, TooManyAttempts."""
    await caller.services.limiter.take(limits.UPSTREAM_ADDRESS.key(caller.address))
    asked = await provider.enabled(caller, upstream_id)
    asking: Asking = await (saml if asked.kind == SAML else openid).prepare(caller, asked)
    async with caller.begin() as visit:
        demand = await _demand(visit, question)
        visit.session.add(
            UpstreamAttempt(
                state_hash=hashed(asking.state),
                browser_hash=hashed(browser),
                upstream_id=asked.id,
                nonce_hash=asking.nonce_hash,
                sealed_verifier=asking.sealed_verifier,
                pending_id=question.pending_id,
                back_to=question.back_to,
                links_to=question.links_to,
                needs_auth_after=demand.after,
                created_at=visit.now,
                expires_at=visit.now + LIFE,
            )
        )
    return await asking.address(demand)


async def _demand(visit: Visit, question: Question) -> Demand:
    """How recent the proof has to be: because of our own page, or of the request that waits."""
    now = visit.now.replace(microsecond=0)
    pending = await grants.pending_request(visit, question.pending_id)
    if question.proves_again or (pending is not None and pending.needs_auth_after is not None):
        return Demand(now, 0)
    max_age = await _max_age(visit, pending) if pending is not None else None
    return Demand(None if max_age is None else now - timedelta(seconds=max_age), max_age)


async def _max_age(visit: Visit, pending: PendingRequest) -> int | None:
    """What the request says, else its client."""
    [said] = pending.parameters.get("max_age", [""])[:1] or [""]
    if said.isascii() and said.isdigit():
        return min(int(said[:10]), 10**8)
    [client_id] = pending.parameters.get("client_id", [""])[:1] or [""]
    client = await visit.session.get(Client, client_id)
    return client.default_max_age if client is not None else None


async def take(
    caller: Caller, upstream_id: str, answer: Mapping[str, str], *, browser: str | None
) -> UpstreamAttempt:
    """The attempt that this answer ends. A second answer finds none; one that another provider sent ends it
    too. Raises UpstreamRefused."""
    await caller.services.limiter.take(limits.UPSTREAM_ADDRESS.key(caller.address))
    attempt = None
    if browser and answer.get("state"):
        async with caller.begin() as visit:
            attempt = await queries.take_attempt(
                visit.session,
                state_hash=hashed(answer["state"]),
                browser_hash=hashed(browser),
                now=visit.now,
            )
    if attempt is None:
        raise UpstreamRefused("no question")
    if attempt.upstream_id != upstream_id:
        raise UpstreamRefused("another provider")
    return attempt


async def person(
    caller: Caller, asked: Provider, attempt: UpstreamAttempt, answer: Mapping[str, str]
) -> Person:
    """Whom the answer is about. Raises UpstreamRefused, UpstreamSilent."""
    claims = await (saml if asked.kind == SAML else openid).claims(caller, asked, attempt, answer)
    return person_of(asked, claims, needs_auth_after=attempt.needs_auth_after, now=caller.now)


async def prune(visit: Visit) -> None:
    for model in (UpstreamAttempt, UpstreamOffer):
        await visit.session.execute(delete(model).where(model.expires_at < visit.now))
