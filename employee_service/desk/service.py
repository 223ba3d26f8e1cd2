"""Use cases of the desk: reading what is shared, noting something internal, answering officially."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from uuid import UUID, uuid4

from sqlalchemy import delete, insert
from sqlalchemy.dialects.postgresql import insert as upsert

from employee_service.desk import queries
from employee_service.desk.errors import BridgeSilent, ThreadGone
from employee_service.desk.events import ReplyQueued
from employee_service.desk.gateway import BridgeGateway
from employee_service.desk.models import DeskAssignment, DeskNote, DeskReply
from employee_service.desk.outgoing import AnswerReveals, refuse_revealing
from employee_service.desk.permissions import require_desk
from employee_service.desk.rendering import harmless
from employee_service.desk.schemas import (
    DeskFacts,
    DeskList,
    DeskRow,
    DeskThreadView,
    NoteCreate,
    NoteView,
    PreviewView,
    Reach,
    ReplyCreate,
    ReplyView,
)
from shared.bridge.errors import (
    BridgeClosed,
    BridgeError,
    BridgeForbidden,
    NotShared,
    PurgeOverdue,
    ReplyRefused,
)
from shared.bridge.messages import Reply, Thread, ThreadList
from shared.db import outbox
from shared.db.context import Context, ReadContext
from shared.db.query import Row
from shared.kernel.errors import FieldError, NotFound, invalid_field
from shared.kernel.ids import new_id
from shared.kernel.text import clean_text
from shared.oidc.errors import IdentityUnavailable, OidcError
from shared.tools.people.schemas import PersonRef
from shared.web import markdown

Answer = TypeVar("Answer")


async def _written(body: str) -> tuple[str, str]:
    """The Markdown as kept and the HTML made of it. Raises `Invalid` when a reader would see nothing."""
    source = clean_text(body)
    html = await markdown.render_apart(source)
    if not markdown.shows_something(html):
        raise invalid_field("/body", "desk.blank", "There is nothing in it to read.")
    return source, html


class DeskReader:
    """Reading for one member of staff. `subject_token` is their access token here, to be exchanged."""

    def __init__(self, ctx: ReadContext, gateway: BridgeGateway, subject_token: str | None) -> None:
        require_desk(ctx)
        self.ctx = ctx
        self.gateway = gateway
        self._token = subject_token
        self._subject = str(ctx.actor.person_id)

    async def threads(self, *, cursor: str | None, filters: dict[str, str]) -> DeskList:
        """What is shared with staff; without the bridge, what the desk knows by itself."""
        reach, found = await self._ask(
            lambda token: self.gateway.threads(token, self._subject, cursor=cursor, filters=filters)
        )
        gone = await self.ctx.reader.all(queries.WITHDRAWN) if not (cursor or filters) else []
        withdrawn = [_facts(row) for row in gone]
        if found is None:
            rows = await self.ctx.reader.all(queries.KNOWN)
            followed = await self.ctx.reader.first(queries.FOLLOWED)
            as_of = followed["followed_at"] if followed else None
            return DeskList(reach, [DeskRow(None, _facts(row)) for row in rows], None, as_of, withdrawn)
        return DeskList(reach, await self._rows(found), found.next_cursor, None, withdrawn)

    async def _rows(self, found: ThreadList) -> list[DeskRow]:
        refs = [thread.ref for thread in found.data]
        rows = await self.ctx.reader.all(queries.FACTS, refs=refs)
        facts = {row["ref"]: _facts(row) for row in rows}
        return [DeskRow(thread, facts[thread.ref]) for thread in found.data if thread.ref in facts]

    async def thread(self, ref: str) -> DeskThreadView:
        """Raises `NotFound` for a code that was never shared with us."""
        thread: Thread | None
        try:
            reach, thread = await self._ask(lambda token: self.gateway.thread(token, self._subject, ref))
        except NotShared:
            reach, thread = Reach.OPEN, None
        facts = await self.facts(ref)
        notes = await self.ctx.reader.all(queries.NOTES, ref=ref)
        replies = await self.ctx.reader.all(queries.REPLIES, ref=ref)
        return DeskThreadView(
            reach,
            thread,
            facts,
            [_note(row) for row in reversed(notes)],
            [_reply(row) for row in reversed(replies)],
        )

    async def facts(self, ref: str) -> DeskFacts:
        row = await self.ctx.reader.first(queries.FACTS_OF_ONE, ref=ref)
        if row is None:
            raise NotFound
        return _facts(row)

    async def preview(self, ref: str, answer: ReplyCreate) -> PreviewView:
        """What customers would see. Raises `AnswerReveals`, `ThreadGone`, `BridgeSilent`."""
        body, _ = await _written(answer.body)
        reply = Reply(body=body, public_name=answer.public_name)
        try:
            reach, shown = await self._ask(
                lambda token: self.gateway.preview(token, self._subject, ref, reply)
            )
        except NotShared:
            raise ThreadGone from None
        except ReplyRefused as refused:
            faults = refused.problem.errors
            raise AnswerReveals(
                fields=tuple(FieldError(fault.pointer, fault.code, fault.detail) for fault in faults)
            ) from None
        if shown is None:
            raise BridgeSilent(reach)
        return PreviewView(harmless(shown.html), shown.name, shown.badge)

    async def _ask(self, call: Callable[[str], Awaitable[Answer]]) -> tuple[Reach, Answer | None]:
        """The bridge's answer, or why there is none. `NotShared` and `ReplyRefused` are for the caller."""
        if self._token is None:
            return Reach.REFUSED, None
        try:
            return Reach.OPEN, await call(self._token)
        except (NotShared, ReplyRefused):
            raise
        except (BridgeError, OidcError) as error:
            return _reach(error), None


def _reach(error: BridgeError | OidcError) -> Reach:
    match error:
        case BridgeClosed():
            return Reach.CLOSED
        case PurgeOverdue():
            return Reach.OVERDUE
        case IdentityUnavailable():
            return Reach.UNREACHABLE
        case BridgeForbidden() | OidcError():
            return Reach.REFUSED
        case _:
            return Reach.UNREACHABLE


class DeskService:
    """What staff change at the desk. Nothing here goes over the network."""

    def __init__(self, ctx: Context) -> None:
        require_desk(ctx)
        self.ctx = ctx

    async def note(self, ref: str, new: NoteCreate) -> UUID:
        """An internal note. Raises `NotFound` for a thread the desk does not know."""
        await self._facts(ref)
        body, html = await _written(new.body)
        note_id = new_id()
        await self.ctx.session.execute(
            insert(DeskNote).values(
                id=note_id,
                ref=ref,
                author_id=self.ctx.actor.person_id,
                body=body,
                html=html,
                created_at=self.ctx.now(),
            )
        )
        return note_id

    async def assign(self, ref: str, *, to_me: bool) -> None:
        """Takes a thread, or gives it back."""
        await self._facts(ref)
        if not to_me:
            await self.ctx.session.execute(delete(DeskAssignment).where(DeskAssignment.ref == ref))
            return
        taken = {"person_id": self.ctx.actor.person_id, "assigned_at": self.ctx.now()}
        await self.ctx.session.execute(
            upsert(DeskAssignment)
            .values(ref=ref, **taken)
            .on_conflict_do_update(index_elements=[DeskAssignment.ref], set_=taken)
        )

    async def answer(self, ref: str, new: ReplyCreate, *, endings: tuple[str, ...]) -> UUID:
        """Queues an official answer: it is kept now, and taken over the bridge by the worker.

        Its id crosses as its key, so it is random: an id made of the time would tell when it was written.
        `endings` are those of internal host names. Raises `ThreadGone` for a thread that was withdrawn,
        `AnswerReveals`.
        """
        facts = await self._facts(ref)
        if facts["withdrawn_at"] is not None:
            raise ThreadGone
        body, html = await _written(new.body)
        author = self.ctx.actor.name
        refuse_revealing(body, html, new.public_name, author=author, endings=endings)
        reply_id, now = uuid4(), self.ctx.now()
        await self.ctx.session.execute(
            insert(DeskReply).values(
                id=reply_id,
                ref=ref,
                author_id=self.ctx.actor.person_id,
                author_sub=self.ctx.actor.subject,
                body=body,
                public_name=new.public_name,
                queued_at=now,
            )
        )
        await outbox.append(self.ctx.session, ReplyQueued(reply_id), now=now)
        return reply_id

    async def _facts(self, ref: str) -> Row:
        row = await self.ctx.reader.first(queries.FACTS_OF_ONE, ref=ref)
        if row is None:
            raise NotFound
        return row


def _facts(row: Row) -> DeskFacts:
    assignee = PersonRef(row["assignee_id"], row["assignee_name"]) if row["assignee_id"] else None
    names = ("ref", "seen_at", "withdrawn_at", "notes", "waiting")
    return DeskFacts(**{name: row[name] for name in names}, assignee=assignee)


def _author(row: Row) -> PersonRef:
    return PersonRef(row["author_id"], row["author_name"])


def _note(row: Row) -> NoteView:
    return NoteView(row["id"], _author(row), row["body"], row["html"], row["created_at"])


def _reply(row: Row) -> ReplyView:
    names: tuple[Any, ...] = (
        "id", "public_name", "state", "reason", "body", "queued_at", "settled_at"
    )  # fmt: skip
    return ReplyView(**{name: row[name] for name in names}, author=_author(row))
