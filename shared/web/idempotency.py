"""`Idempotency-Key`: a write that is sent again is answered again, not done again.

The answer is stored in the transaction of the write itself, for 48 hours per caller and route. What
failed changed nothing and is not stored. A form carries its key in a hidden field, so that a second click
does not post a second time.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column
from starlette.requests import Request
from starlette.responses import Response

from shared.db.base import Base
from shared.db.context import Context
from shared.kernel.errors import Conflict, Invalid, Unauthenticated

HEADER = "idempotency-key"
FIELD = "once"
"""The hidden field by which a form says the same; `once()` of the templates draws it."""
KEPT_FOR = timedelta(hours=48)
MAX_KEY_LENGTH = 200
_KEPT_HEADERS = ("content-type", "location", "etag")


class IdempotencyRow(Base):
    """A stored answer. `id` is the digest of caller, route and key, so that no key lies in clear."""

    __tablename__ = "idempotency_keys"

    id: Mapped[str] = mapped_column(primary_key=True)
    request_digest: Mapped[str]
    status: Mapped[int]
    headers: Mapped[dict[str, Any]]
    body: Mapped[bytes]
    created_at: Mapped[datetime] = mapped_column(index=True)


MODELS = (IdempotencyRow,)


class KeyReused(Invalid):
    code = "request.idempotency_key_reused"
    title = "This Idempotency-Key came with another request before"


class StillRunning(Conflict):
    code = "request.still_running"
    title = "A request with this Idempotency-Key is still running"


class BadKey(Invalid):
    code = "request.bad_idempotency_key"
    title = "An Idempotency-Key has 1 to 200 visible ASCII characters"


class Replay(Exception):
    """Ends the handler early with the answer that was given before."""

    def __init__(self, response: Response) -> None:
        super().__init__()
        self.response = response


@dataclass(frozen=True, slots=True)
class Pending:
    id: str
    request_digest: str
    form: bool = False

    def keeps(self, response: Response) -> bool:
        """A form leads on when it was taken; a preview of it is no answer to keep."""
        return response.status_code < 400 and (not self.form or response.status_code >= 300)


async def begin(context: Context, request: Request, key: str) -> Pending:
    """Locks the key for this transaction. Raises `Replay`, `KeyReused`, `StillRunning` or `BadKey`."""
    if not context.actor.signed_in:
        raise Unauthenticated
    return await begin_for(
        context.session, request, key, caller=str(context.actor.person_id), now=context.now()
    )


async def begin_for(
    session: AsyncSession, request: Request, key: str, *, caller: str, now: datetime
) -> Pending:
    """`begin` where there is no context of a community, as at identity."""
    if not key.isascii() or not key.isprintable() or not 0 < len(key) <= MAX_KEY_LENGTH:
        raise BadKey
    route = f"{request.method} {request.url.path}"
    row_id = hashlib.sha256(f"{caller}\0{route}\0{key}".encode()).hexdigest()
    digest = hashlib.sha256(str(request.query_params).encode() + b"\0" + await request.body()).hexdigest()
    if not await session.scalar(select(func.pg_try_advisory_xact_lock(int(row_id[:15], 16)))):
        raise StillRunning
    row = await session.get(IdempotencyRow, row_id)
    if row is not None and row.created_at < now - KEPT_FOR:
        await session.delete(row)
        await session.flush()
        row = None
    if row is None:
        return Pending(row_id, digest)
    if row.request_digest != digest:
        raise KeyReused
    raise Replay(Response(row.body, row.status, {**row.headers, "Idempotency-Replayed": "true"}))


async def begin_form(context: Context, request: Request) -> Pending | None:
    """As `begin`, for a form; None when it carries no key, or nobody is signed in."""
    if not context.actor.signed_in:
        return None
    return await begin_form_for(context.session, request, caller=str(context.actor.person_id))


async def begin_form_for(session: AsyncSession, request: Request, *, caller: str) -> Pending | None:
    """`begin_form` where there is no context of a community, as at identity.

    Whoever comes back to a form and writes something else in it means something else: what was typed is part
    of the key. A second click waits for the first rather than being told that it is running.
    """
    typed = sorted((name, str(value)) for name, value in (await request.form()).multi_items())
    key = dict(typed).get(FIELD, "")
    if not 0 < len(key) <= MAX_KEY_LENGTH:
        return None
    said = f"{caller}\0{request.method} {request.url.path}\0{typed}"
    row_id = hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()
    await session.execute(select(func.pg_advisory_xact_lock(int(row_id[:15], 16))))
    row = await session.get(IdempotencyRow, row_id)
    if row is None:
        return Pending(row_id, row_id, form=True)
    raise Replay(Response(row.body, row.status, row.headers))


async def store(session: AsyncSession, pending: Pending, response: Response, now: datetime) -> None:
    headers = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
    await session.execute(
        insert(IdempotencyRow).values(
            id=pending.id,
            request_digest=pending.request_digest,
            status=response.status_code,
            headers=headers,
            body=bytes(response.body),
            created_at=now,
        )
    )


async def forget_old(session: AsyncSession, now: datetime) -> None:
    await session.execute(delete(IdempotencyRow).where(IdempotencyRow.created_at < now - KEPT_FOR))
