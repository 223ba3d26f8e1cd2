"""The views and tables that the bridge's role may touch, as this process knows them."""

from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    TIMESTAMP,
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Integer,
    MetaData,
    Select,
    Table,
    Text,
    Uuid,
    any_,
    bindparam,
    func,
    or_,
    select,
    tuple_,
)

_metadata: Final = MetaData()
_TIME: Final = TIMESTAMP(timezone=True)


def _view(name: str, **columns: Any) -> Table:
    return Table(name, _metadata, *(Column(n, t) for n, t in columns.items()), schema="bridge_out")


CONSUMERS: Final = _view(
    "consumers",
    consumer=Uuid,
    client_id=Text,
    purposes=ARRAY(Text),
    audiences=ARRAY(Text),
    acknowledged=BigInteger,
    closed=Boolean,
    overdue=Boolean,
)
_SUMMARY: Final[dict[str, Any]] = {
    "ref": Text,
    "version": Integer,
    "kind": Text,
    "space": Text,
    "title": Text,
    "tags": ARRAY(Text),
    "status": Text,
    "created_at": _TIME,
    "updated_at": _TIME,
    "author_pseudonym": Text,
    "author_name": Text,
    "replies": Integer,
    "votes": Integer,
    "purpose": Text,
    "audience": Text,
    "reason": Text,
    "shared_at": _TIME,
    "until": _TIME,
}
THREADS: Final = _view("threads", consumer=Uuid, body=Text, accepted_answer=Integer, **_SUMMARY)
POSTS: Final = _view(
    "posts", consumer=Uuid, thread_ref=Text, number=Integer, body=Text, role=Text, created_at=_TIME
)
CHANGES: Final = _view(
    "changes",
    consumer=Uuid,
    position=BigInteger,
    type=Text,
    ref=Text,
    version=Integer,
    at=_TIME,
    purge_by=_TIME,
)
LEDGER: Final = _view(
    "ledger",
    consumer=Uuid,
    number=BigInteger,
    crossing_id=Text,
    at=_TIME,
    direction=Text,
    message=Text,
    digest=Text,
    client=Text,
    subject=Text,
    purpose=Text,
    refs=ARRAY(Text),
    hash=Text,
)
REVOCATIONS: Final = _view("revocations", digest=Text, not_before=_TIME)
RECEIPTS: Final = _view(
    "receipts", consumer=Uuid, key=Text, ref=Text, thread_ref=Text, digest=Text, crossing_id=Text
)


def _own(view: Table, columns: tuple[Column[Any], ...] | Table) -> Select[Any]:
    chosen = select(*columns) if isinstance(columns, tuple) else select(columns)
    return chosen.where(view.c.consumer == bindparam("consumer", type_=Uuid()))


def consumer() -> Select[Any]:
    """With whether the person's token is refused by now. Takes `client_id`, and of the token the digests
    `sub` and `sid` and its `issued_at`."""
    return select(CONSUMERS, _is_revoked().label("revoked")).where(
        CONSUMERS.c.client_id == bindparam("client_id", type_=Text())
    )


def _is_revoked() -> ColumnElement[bool]:
    """The session is over, or all that the account had when the token was made."""
    sub, sid = bindparam("sub", type_=Text()), bindparam("sid", type_=Text())
    over = or_(REVOCATIONS.c.digest == sid, REVOCATIONS.c.not_before >= bindparam("issued_at", type_=_TIME))
    return select(REVOCATIONS.c.digest).where(REVOCATIONS.c.digest.in_([sub, sid]), over).exists()


def _threads(columns: tuple[Column[Any], ...]) -> Select[Any]:
    """What is shared with the consumer, as far as it is still registered for purpose and audience."""
    purposes = bindparam("purposes", type_=ARRAY(Text()))
    audiences = bindparam("audiences", type_=ARRAY(Text()))
    return _own(THREADS, columns).where(
        THREADS.c.purpose == any_(purposes), THREADS.c.audience == any_(audiences)
    )


def thread() -> Select[Any]:
    """Takes `consumer`, `purposes`, `audiences`, `ref`."""
    return _threads(tuple(THREADS.c)).where(THREADS.c.ref == bindparam("ref", type_=Text()))


FILTERS: Final[dict[str, ColumnElement[Any]]] = {
    "purpose": THREADS.c.purpose,
    "audience": THREADS.c.audience,
    "state": THREADS.c.status,
    "kind": THREADS.c.kind,
}


def threads(filters: dict[str, str], *, after: bool, limit: int) -> Select[Any]:
    """Shared last comes first. Takes `after_at` and `after_ref` when `after`."""
    statement = _threads(tuple(THREADS.c[name] for name in _SUMMARY))
    for name, value in filters.items():
        statement = statement.where(FILTERS[name] == value)
    key = tuple_(THREADS.c.shared_at, THREADS.c.ref)
    if after:
        mark = tuple_(bindparam("after_at", type_=_TIME), bindparam("after_ref", type_=Text()))
        statement = statement.where(key < mark)
    return statement.order_by(THREADS.c.shared_at.desc(), THREADS.c.ref.desc()).limit(limit)


def posts() -> Select[Any]:
    """Takes `consumer` and `ref`."""
    columns = (POSTS.c.number, POSTS.c.body, POSTS.c.role, POSTS.c.created_at)
    statement = _own(POSTS, columns).where(POSTS.c.thread_ref == bindparam("ref", type_=Text()))
    return statement.order_by(POSTS.c.number)


def changes(limit: int) -> Select[Any]:
    """Takes `consumer` and `after`."""
    columns = tuple(column for column in CHANGES.c if column.name != "consumer")
    after = CHANGES.c.position > bindparam("after", type_=BigInteger())
    return _own(CHANGES, columns).where(after).order_by(CHANGES.c.position).limit(limit)


def withdrawals() -> Select[Any]:
    """How many withdrawals lie between `after` and `position`. Takes `consumer` too."""
    after = CHANGES.c.position > bindparam("after", type_=BigInteger())
    until = CHANGES.c.position <= bindparam("position", type_=BigInteger())
    own = CHANGES.c.consumer == bindparam("consumer", type_=Uuid())
    return select(func.count()).select_from(CHANGES).where(own, after, until, CHANGES.c.type == "withdrawn")


def ledger(limit: int) -> Select[Any]:
    """Takes `consumer` and `after`."""
    columns = tuple(column for column in LEDGER.c if column.name != "consumer")
    after = LEDGER.c.number > bindparam("after", type_=BigInteger())
    return _own(LEDGER, columns).where(after).order_by(LEDGER.c.number).limit(limit)


def receipt() -> Select[Any]:
    """Takes `consumer` and `key`."""
    return _own(RECEIPTS, tuple(RECEIPTS.c)).where(RECEIPTS.c.key == bindparam("key", type_=Text()))
