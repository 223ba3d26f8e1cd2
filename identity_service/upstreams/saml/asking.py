"""Asking a provider of SAML, and its answer: heard where the provider posts it, and taken up by the browser
that asked (Profiles, section 4.1).

A form that another site posts brings none of our cookies. So the answer is checked and kept under the
question that it names, and the browser goes on by GET, where its cookie says whether it was the one that
asked. A question takes one answer: with that, no assertion counts twice.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from identity_service.limits import service as limits
from identity_service.sealing import hashed, new_secret
from identity_service.upstreams import queries
from identity_service.upstreams.errors import Unsolicited, UpstreamRefused
from identity_service.upstreams.models import UpstreamAttempt
from identity_service.upstreams.provider import Provider
from identity_service.upstreams.questions import Asking, Demand
from identity_service.upstreams.saml import descriptions, party
from identity_service.upstreams.saml.wanted import Wanted
from identity_service.visit import Caller

_ANSWER: Final = "upstream answer"


async def prepare(caller: Caller, asked: Provider) -> Asking:
    """A new question. Raises UpstreamSilent."""
    described = await descriptions.of(caller, asked)
    us = party.of(caller, asked)
    state = f"_{new_secret()}"  # an id of XML begins with no digit

    async def address(demand: Demand) -> str:
        return await caller.services.saml.run(
            lambda machine: machine.request_address(
                us, described, request_id=state, at=caller.now, proves_again=demand.after is not None
            )
        )

    return Asking(state=state, address=address)


async def hear(caller: Caller, asked: Provider, encoded: str) -> str:
    """Check a response and keep what it says. Returns the question that it answers. Raises Unsolicited,
    UpstreamRefused, UpstreamSilent, TooManyAttempts, Busy."""
    await caller.services.limiter.take(limits.UPSTREAM_ADDRESS.key(caller.address))
    message = await caller.services.saml.run(lambda machine: machine.opened(encoded))
    state = message.in_response_to
    if not state:
        raise Unsolicited
    question = await caller.reader.first(
        queries.UNANSWERED, state_hash=hashed(state), upstream_id=asked.id, now=caller.now
    )
    if question is None:
        raise UpstreamRefused("no question")
    described = await descriptions.of(caller, asked)
    us = party.of(caller, asked)
    wanted = Wanted(
        issuer=asked.issuer,
        entity_id=us.entity_id,
        answer_url=us.answer_url,
        request_id=state,
        needs_auth_after=question["needs_auth_after"],
        now=caller.now,
    )
    said = await caller.services.saml.run(
        lambda machine: machine.claims(message, described, us, asked.terms, wanted)
    )
    await _keep(caller, asked, state, said)
    return state


async def _keep(caller: Caller, asked: Provider, state: str, said: Mapping[str, Any]) -> None:
    """Of two answers at once one is kept. Raises UpstreamRefused."""
    sealed = caller.services.sealer.seal(json.dumps(said).encode(), purpose=_ANSWER)
    async with caller.begin() as visit:
        is_first = await queries.keep_answer(
            visit.session, state_hash=hashed(state), upstream_id=asked.id, now=visit.now, answer=sealed
        )
    if not is_first:
        raise UpstreamRefused("no question")


async def claims(
    caller: Caller, asked: Provider, attempt: UpstreamAttempt, answer: Mapping[str, str]
) -> dict[str, Any]:
    """What was heard for the question that this browser asked. Raises UpstreamRefused."""
    if attempt.sealed_answer is None:
        raise UpstreamRefused("no answer")
    said = caller.services.sealer.unseal(attempt.sealed_answer, purpose=_ANSWER)
    return dict(json.loads(said))
