"""Sending a browser to a provider, and taking the one answer that comes back."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from sqlalchemy import delete

from identity_service.accounts.errors import BadEmail
from identity_service.accounts.service import email_key
from identity_service.clients.models import Client
from identity_service.factors.fresh import FRESH_FOR
from identity_service.grants import service as grants
from identity_service.grants.models import PendingRequest
from identity_service.limits import service as limits
from identity_service.sealing import hashed, new_secret
from identity_service.upstreams import id_token, provider, queries
from identity_service.upstreams.errors import UpstreamRefused
from identity_service.upstreams.models import UpstreamAttempt, UpstreamOffer
from identity_service.upstreams.provider import Provider
from identity_service.visit import Caller, Visit
from shared.kernel.text import clean_line

LIFE: Final = timedelta(minutes=15)
NEVER_SAID: Final = FRESH_FOR + timedelta(minutes=1)
"""How old a proof counts as whose age a provider does not tell: too old for what wants a fresh one."""
_VERIFIER: Final = "upstream verifier"
_FEDERATED, _TWO_FACTORS = "fed", "mfa"  # names of methods


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a sign-in is for. `proves_again`: the person has to prove who they are at the provider, now.
    `links_to` is the account whose page asks, when this is to connect it."""

    pending_id: UUID | None = None
    back_to: str = ""
    proves_again: bool = False
    links_to: UUID | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """Whom a provider vouches for. `email` is in the form for comparing, and empty unless it was proved."""

    subject: str
    email: str
    name: str
    shown: str
    roles: list[str]
    amr: list[str]
    proved_at: datetime


async def ask(caller: Caller, upstream_id: str, question: Question, *, browser: str) -> str:
    """The address to which the browser goes. Raises NotFound, UpstreamSilent, TooManyAttempts."""
    await caller.services.limiter.take(limits.UPSTREAM_ADDRESS.key(caller.address))
    asked = await provider.enabled(caller, upstream_id)
    metadata = await caller.services.upstream_documents.of(asked.issuer)
    state, nonce, verifier = new_secret(), new_secret(), new_secret()
    async with caller.begin() as visit:
        demand = await _demand(visit, question)
        visit.session.add(
            UpstreamAttempt(
                state_hash=hashed(state),
                browser_hash=hashed(browser),
                upstream_id=asked.id,
                nonce_hash=hashed(nonce),
                sealed_verifier=visit.services.sealer.seal(verifier.encode(), purpose=_VERIFIER),
                pending_id=question.pending_id,
                back_to=question.back_to,
                links_to=question.links_to,
                needs_auth_after=demand.after,
                created_at=visit.now,
                expires_at=visit.now + LIFE,
            )
        )
    query = {
        "response_type": "code",
        "client_id": asked.client_id,
        "redirect_uri": asked.redirect_uri(caller.settings.identity_public_url),
        "scope": " ".join(asked.scopes),
        "state": state,
        "nonce": nonce,
        "code_challenge": _s256(verifier),
        "code_challenge_method": "S256",
    }
    joint = "&" if "?" in metadata.authorization_endpoint else "?"
    return metadata.authorization_endpoint + joint + urlencode(query | demand.parameters)


@dataclass(frozen=True, slots=True)
class _Demand:
    after: datetime | None
    parameters: dict[str, str]


async def _demand(visit: Visit, question: Question) -> _Demand:
    """How recent the proof has to be: because of our own page, or of the request that waits."""
    now = visit.now.replace(microsecond=0)
    pending = await grants.pending_request(visit, question.pending_id)
    if question.proves_again or (pending is not None and pending.needs_auth_after is not None):
        return _Demand(now, {"prompt": "login", "max_age": "0"})
    max_age = await _max_age(visit, pending) if pending is not None else None
    if max_age is None:
        return _Demand(None, {})
    return _Demand(now - timedelta(seconds=max_age), {"max_age": str(max_age)})


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
    metadata = await caller.services.upstream_documents.of(asked.issuer)
    if ("iss" in answer or metadata.names_itself) and answer.get("iss") != asked.issuer:
        raise UpstreamRefused("issuer")  # RFC 9207 section 2.4
    if "error" in answer:
        raise UpstreamRefused("denied" if answer["error"] == "access_denied" else "error")
    if not answer.get("code"):
        raise UpstreamRefused("no code")
    verifier = caller.services.sealer.unseal(attempt.sealed_verifier, purpose=_VERIFIER).decode()
    wanted = id_token.Wanted(attempt.nonce_hash, attempt.needs_auth_after, caller.now)
    claims = await provider.claims_for_code(
        caller, asked, code=answer["code"], verifier=verifier, wanted=wanted
    )
    return Person(
        subject=claims["sub"],
        email=_proved_address(asked, claims),
        name=_name(claims),
        shown=_shown(claims),
        roles=_roles(asked, claims),
        amr=_methods(asked, claims),
        proved_at=id_token.proved_at(claims, wanted, unknown=NEVER_SAID),
    )


def _proved_address(asked: Provider, claims: Mapping[str, Any]) -> str:
    """Some say `email_verified` as text, and Microsoft Entra ID says 1 in a claim of its own."""
    if claims.get(asked.verified_claim) not in (True, 1, "true", "1"):
        return ""
    try:
        return email_key(str(claims.get("email", "")))
    except BadEmail:
        return ""


def _name(claims: Mapping[str, Any]) -> str:
    given = claims.get("name")
    return clean_line(given)[:80].strip() if isinstance(given, str) else ""


def _shown(claims: Mapping[str, Any]) -> str:
    """By which the person knows their account at the provider again."""
    said = (claims.get(name) for name in ("email", "preferred_username", "name"))
    return next((clean_line(text)[:100] for text in said if isinstance(text, str) and text), "")


def _roles(asked: Provider, claims: Mapping[str, Any]) -> list[str]:
    """The roles whose rules fit. Whether they are known here is seen when they are given."""
    return sorted({rule["role"] for rule in asked.role_rules if _fits(rule, claims)})


def _fits(rule: Mapping[str, Any], claims: Mapping[str, Any]) -> bool:
    said = claims.get(rule["claim"])
    return rule["value"] in said if isinstance(said, list) else rule["value"] == said


def _methods(asked: Provider, claims: Mapping[str, Any]) -> list[str]:
    said = claims.get("amr")
    if asked.trusts_mfa and isinstance(said, list) and _TWO_FACTORS in said:
        return [_FEDERATED, _TWO_FACTORS]
    return [_FEDERATED]


def _s256(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


async def prune(visit: Visit) -> None:
    for model in (UpstreamAttempt, UpstreamOffer):
        await visit.session.execute(delete(model).where(model.expires_at < visit.now))
