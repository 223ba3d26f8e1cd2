"""Writes of the protocol, compiled once: whatever belongs together is one statement, done whole or not at
all."""

from typing import Any, Final

from sqlalchemy import CTE, DateTime, Text, Uuid, bindparam, insert, null, select, update
from sqlalchemy.dialects.postgresql import insert as insert_or_nothing

from identity_service.audit import service as audit
from identity_service.grants.models import (
    AuthorizationCode,
    Grant,
    PushedRequest,
    RefreshToken,
    UsedAssertion,
    UsedProof,
)
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

_GIVEN: Final = ("account_id", "client_id", "session_id", "scope", "audiences", "claims", "auth_time", "amr")
_CODE: Final = ("redirect_uri", "nonce", "code_challenge", "code_challenge_method")
GIVE_CODE: Final = Command(
    insert(AuthorizationCode)
    .values(
        {name: bindparam(name) for name in _CODE}
        | {
            "code_hash": _HASH,
            "grant_id": _GRANT_ID,
            "client_id": bindparam("client_id"),
            "dpop_jkt": bindparam("code_jkt"),
            "expires_at": bindparam("code_ends_at"),
        }
    )
    .inline()
    .add_cte(
        insert(Grant)
        .values(
            {name: bindparam(name) for name in _GIVEN}
            | {"id": _GRANT_ID, "created_at": _NOW, "expires_at": bindparam("grant_ends_at")}
        )
        .inline()
        .cte("given")
    )
)
"""A grant, and the code by which the client gets it."""


def _spend(table: type[AuthorizationCode | RefreshToken], key: Any) -> Command:
    """Use up a code or a refresh token, and keep the refresh token that follows, if any: of a grant that is
    good at this moment, which whoever ends it waits for. A row when it was there to be used."""
    live = (
        select(Grant.id)
        .where(Grant.id == _GRANT_ID, Grant.revoked_at.is_(None))
        .with_for_update()
        .cte("live")
    )
    used = (
        update(table)
        .where(key == _HASH, table.used_at.is_(None), table.grant_id == live.c.id)
        .values(used_at=_NOW)
        .returning(table.grant_id)
        .cte("used")
    )
    return Command(select(used.c.grant_id).add_cte(_following(used)))


def _following(used: CTE) -> CTE:
    token = bindparam("following", type_=Text())
    row = select(token, used.c.grant_id, _NOW).where(token.is_not(None))
    return insert(RefreshToken).from_select(["token_hash", "grant_id", "created_at"], row).cte("following")


USE_CODE: Final = _spend(AuthorizationCode, AuthorizationCode.code_hash)
ROTATE: Final = _spend(RefreshToken, RefreshToken.token_hash)

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
