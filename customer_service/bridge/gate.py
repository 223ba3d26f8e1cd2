"""The one way through the bridge: who calls is checked, the answer is made, its ledger row is written in
the same transaction, and only then it leaves."""

import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from customer_service.bridge import callers, views
from customer_service.bridge.callers import Caller, Rule
from customer_service.bridge.errors import Closed, UnknownCaller
from customer_service.bridge.settings import Settings
from customer_service.sharing.logs import LEDGER
from shared.bridge.errors import is_booked
from shared.bridge.messages import Message
from shared.db.engine import Database
from shared.db.sequencer import append
from shared.kernel import chain
from shared.kernel.clock import Clock
from shared.kernel.errors import Problem, Unauthenticated
from shared.oidc.claims import Claims
from shared.oidc.errors import InvalidToken
from shared.oidc.tokens import TokenVerifier
from shared.web.credentials import claims_of
from shared.web.limits import STATE, Limits
from shared.web.problems import problem_response


@dataclass(frozen=True, slots=True)
class Answer:
    """What leaves, and what the ledger keeps about it.

    `carried` is what crossed when that is not the answer itself (a write); `crossing_id` is set when this
    answer was given before and has its row already.
    """

    message: Message
    refs: tuple[str, ...] = ()
    purpose: str | None = None
    status: int = 200
    direction: str = "outward"
    carried_name: str = ""
    carried: Mapping[str, Any] | None = None
    headers: dict[str, str] = field(default_factory=dict)
    crossing_id: str | None = None
    booked: bool = True


Use = Callable[[AsyncSession, Caller], Awaitable[Answer | None]]
"""Makes the answer in the transaction of its ledger row; None when there is nothing to say yet."""


class Gate:
    def __init__(self, settings: Settings, database: Database, verifier: TokenVerifier, clock: Clock) -> None:
        self.settings = settings
        self.database = database
        self.verifier = verifier
        self.clock = clock

    async def cross(self, request: Request, rule: Rule, use: Use) -> Response | None:
        """The answer to an admitted caller, or the refusal, each with its row; None when `use` gave None.

        Raises the refusals that have no row: closed, an unknown caller, a bad token.
        """
        claims = await self._claims(request)
        async with self.database.transaction() as session:
            caller = await self._caller(session, claims)
            try:
                async with session.begin_nested():
                    callers.check(rule, caller)
                    answer = await use(session, caller)
            except Problem as problem:
                if not is_booked(problem.code):
                    raise
                return await self._refuse(session, request, caller, problem)
            if answer is None:
                return None
            return await self._answer(session, request, caller, answer)

    async def _claims(self, request: Request) -> Claims:
        if not self.settings.enabled:
            raise Closed
        try:
            claims = await claims_of(request, self.verifier)
        except Unauthenticated:
            _limits(request).count_address(request.scope)
            raise
        if STATE not in request.scope["state"]:  # a call that waits for news comes here again and again
            acting_for = claims.sub if claims.is_person else None
            _limits(request).count_client(request.scope, callers.client_of(claims), acting_for)
        callers.refuse_strangers(claims)
        return claims

    async def _caller(self, session: AsyncSession, claims: Claims) -> Caller:
        """Raises `UnknownCaller`, `Closed`; `InvalidToken` for a person who left meanwhile."""
        found = await session.execute(
            views.consumer(),
            {
                "client_id": callers.client_of(claims),
                "sub": _digest(claims.sub),
                "sid": _digest(claims.sid or ""),
                "issued_at": datetime.fromtimestamp(claims.iat, UTC),
            },
        )
        row = found.mappings().one_or_none()
        if row is None:
            raise UnknownCaller
        if row["revoked"]:
            raise InvalidToken("revoked")
        if row["closed"]:
            raise Closed
        secret = self.settings.secret_key.get_secret_value()
        return Caller(
            claims=claims,
            consumer=row["consumer"],
            purposes=tuple(row["purposes"]),
            audiences=tuple(row["audiences"]),
            acknowledged=row["acknowledged"],
            overdue=row["overdue"],
            subject=callers.disguised(claims.sub, secret) if claims.is_person else None,
        )

    async def _answer(
        self, session: AsyncSession, request: Request, caller: Caller, answer: Answer
    ) -> Response:
        body = answer.message.plain()
        if answer.crossing_id:
            request.state.crossing_id = answer.crossing_id
        elif answer.booked:
            await self._book(session, request, caller, answer, body)
        return Response(json.dumps(body), answer.status, answer.headers, media_type="application/json")

    async def _book(
        self, session: AsyncSession, request: Request, caller: Caller, answer: Answer, body: dict[str, Any]
    ) -> None:
        await append(
            session,
            LEDGER,
            consumer_id=caller.consumer,
            crossing_id=request.state.crossing_id,
            at=self.clock.now(),
            direction=answer.direction,
            message=answer.carried_name or answer.message.message_name,
            digest=chain.digest(body if answer.carried is None else answer.carried),
            client=caller.client,
            subject=caller.subject,
            purpose=answer.purpose,
            refs=list(answer.refs),
        )

    async def _refuse(
        self, session: AsyncSession, request: Request, caller: Caller, problem: Problem
    ) -> Response:
        """A refusal that leaves a trace: returned, so that its row commits."""
        response = problem_response(request, problem)
        await append(
            session,
            LEDGER,
            consumer_id=caller.consumer,
            crossing_id=request.state.crossing_id,
            at=self.clock.now(),
            direction="outward",
            message="problem",
            digest=chain.digest(json.loads(bytes(response.body))),
            client=caller.client,
            subject=caller.subject,
            purpose=None,
            refs=[],
        )
        return response


def _limits(request: Request) -> Limits:
    limits: Limits = request.app.state.limits
    return limits


def _digest(value: str) -> str:
    """As the view holds them: see `shared.tools.sign_in.models.Revocation`."""
    return hashlib.sha256(value.encode()).hexdigest()


def new_crossing_id() -> str:
    """Random, since a number that grows would tell one consumer how much the others do."""
    return uuid4().hex
