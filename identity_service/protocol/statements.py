"""Writes of the protocol, compiled once: whatever belongs together is one statement, done whole or not at
all."""

from typing import Any, Final

from sqlalchemy import DateTime, Select, Text, Uuid, bindparam, insert, null, select, update
from sqlalchemy.dialects.postgresql import insert as insert_or_nothing

from identity_service.accounts.models import Account
from identity_service.audit import service as audit
from identity_service.clients.known import VERSION
from identity_service.clients.models import Client
from identity_service.grants.models import (
    AuthorizationCode,
    Grant,
    PushedRequest,
    RefreshToken,
    UsedAssertion,
    UsedProof,
)
from identity_service.protocol.queries import OF_LIFE
from identity_service.sessions.models import SignInSession
from shared.db.query import Command

_NOW: Final = bindparam("now", type_=DateTime(timezone=True))
_HASH: Final = bindparam("hash", type_=Text())
_GRANT_ID: Final = bindparam("grant_id", type_=Uuid())


REVOKE: Final = Command(
    audit.one(
        update(Grant)
        .where(Grant.id == _GRANT_ID, Grant.revoked_at.is_(None))
        .values(revoked_at=_NOW, revoked_because=bindparam("because"))
        .returning(Grant.id)
        .cte("ended")
    )
)
"""Ends a grant, and tells of it, unless it has ended."""


def _named(table: type[Grant | AuthorizationCode], *names: str) -> dict[str, Any]:
    """Parameters for columns of the same name."""
    return {name: bindparam(name, type_=table.__table__.c[name].type) for name in names}


def _give(session: Select[Any]) -> Command:
    """A grant in this session, and the code by which the client gets it. The row of the session, if it is
    one."""
    live = session.cte("live")
    granted = _named(Grant, "client_id", "scope", "audiences", "claims") | {
        "id": _GRANT_ID,
        "account_id": live.c.account_id,
        "session_id": live.c.sid,
        "auth_time": live.c.auth_time,
        "amr": live.c.amr,
        "created_at": _NOW,
        "expires_at": live.c.session_ends_at,
    }
    grant = insert(Grant).from_select([*granted], select(*granted.values())).returning(Grant.id).cte("grant")
    asked = _named(
        AuthorizationCode, "client_id", "redirect_uri", "nonce", "code_challenge", "code_challenge_method"
    ) | {
        "code_hash": _HASH,
        "grant_id": grant.c.id,
        "dpop_jkt": bindparam("code_jkt", type_=Text()),
        "expires_at": bindparam("code_ends_at", type_=DateTime(timezone=True)),
    }
    code = insert(AuthorizationCode).from_select([*asked], select(*asked.values())).cte("code")
    return Command(select(*live.c).add_cte(code))


_SESSION: Final = (
    select(SignInSession.auth_time, SignInSession.amr, *OF_LIFE)
    .select_from(SignInSession)
    .join(Account, Account.id == SignInSession.account_id)
)
GIVE_CODE: Final = _give(_SESSION.where(SignInSession.id == bindparam("sid", type_=Uuid())))
GIVE_SILENTLY: Final = _give(
    _SESSION.join(Client, Client.id == bindparam("client_id", type_=Text())).where(
        bindparam("version", type_=Text()) == VERSION,
        SignInSession.secret_hash == bindparam("secret_hash", type_=Text()),
        SignInSession.ended_at.is_(None),
        SignInSession.expires_at > _NOW,
        SignInSession.seen_at > bindparam("idle_since", type_=DateTime(timezone=True)),
        Account.realm == bindparam("realm", type_=Text()),
        Account.deactivated_at.is_(None),
    )
)
"""To a client that is still this version, where the browser's session goes on."""

KEEP_TOKEN: Final = Command(
    insert(RefreshToken)
    .values(token_hash=_HASH, grant_id=_GRANT_ID, created_at=_NOW, used_at=null())
    .inline()
)
BIND: Final = Command(
    update(Grant).where(Grant.id == _GRANT_ID, Grant.dpop_jkt.is_(None)).values(dpop_jkt=bindparam("jkt"))
)

USE_ASSERTION: Final = Command(
    insert_or_nothing(UsedAssertion)
    .values(client_id=bindparam("client_id"), jti_hash=_HASH, expires_at=bindparam("ends_at"))
    .on_conflict_do_nothing()
    .returning(UsedAssertion.jti_hash)
)
USE_PROOF: Final = Command(
    insert_or_nothing(UsedProof)
    .values(proof_hash=_HASH, expires_at=bindparam("ends_at"))
    .on_conflict_do_nothing()
    .returning(UsedProof.proof_hash)
)
"""A row when it was not used before, also at this very moment by another process."""

PUSH: Final = Command(
    insert(PushedRequest)
    .values(
        request_hash=_HASH,
        client_id=bindparam("client_id"),
        parameters=bindparam("parameters"),
        created_at=_NOW,
        expires_at=bindparam("ends_at"),
        used_at=null(),
    )
    .inline()
)
SPEND_PUSHED: Final = Command(
    update(PushedRequest)
    .where(PushedRequest.request_hash == _HASH, PushedRequest.used_at.is_(None))
    .values(used_at=_NOW)
    .returning(PushedRequest.request_hash)
)
