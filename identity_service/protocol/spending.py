"""Using up a code or a refresh token, compiled once: one statement spends it, keeps the refresh token that
follows, and tells all on which the tokens hang.

It spends only what fits the request, so that whoever asks wrongly has not used anything up; what was spent is
judged by the rules all the same. Where nothing was spent, `queries` tell why.
"""

from typing import Any, Final

from sqlalchemy import CTE, ColumnElement, DateTime, Text, bindparam, func, insert, or_, select, true, update
from sqlalchemy.dialects.postgresql import ARRAY

from identity_service.clients.known import VERSION
from identity_service.clients.models import Client
from identity_service.grants.models import AuthorizationCode, Grant, RefreshToken
from identity_service.protocol.queries import OF_CODE, OF_GRANT, OF_LIFE, OF_PERSON, with_person
from identity_service.sessions.models import SignInSession
from shared.db.query import Command

_NOW: Final = bindparam("now", type_=DateTime(timezone=True))
_HASH: Final = bindparam("hash", type_=Text())
_JKT: Final = bindparam("jkt", type_=Text())
_AUDIENCE: Final = bindparam("audience", type_=Text())
_SCOPES: Final = bindparam("scopes", type_=ARRAY(Text))
_Spent = type[AuthorizationCode | RefreshToken]


def _spend(table: _Spent, key: Any, bound: Any, *more: Any, fits: ColumnElement[bool]) -> Command:
    """Of a client that is still this version, from a grant that is good at this moment: who ends it is waited
    for. No row when there was nothing that fits; else `used_at` is now."""
    held = (
        select(*OF_GRANT, Grant.session_id, *more)
        .select_from(table)
        .join(Grant, Grant.id == table.grant_id)
        .join(Client, Client.id == Grant.client_id)
        .where(
            key == _HASH,
            table.used_at.is_(None),
            Grant.revoked_at.is_(None),
            Client.id == bindparam("client_id", type_=Text()),
            bindparam("version", type_=Text()) == VERSION,
            or_(bound.is_(None), bound == _JKT),
            or_(_AUDIENCE.is_(None), Grant.audiences.any_() == _AUDIENCE),
            fits,
        )
        .with_for_update(of=Grant)
        .cte("held")
    )
    used = (
        update(table)
        .where(key == _HASH, table.used_at.is_(None), table.grant_id == held.c.grant_id)
        .values(used_at=_NOW)
        .returning(table.grant_id, table.used_at)
        .cte("used")
    )
    told = select(used.c.used_at, *held.c, *OF_LIFE, *OF_PERSON).select_from(used.join(held, true()))
    return Command(with_person(told, SignInSession.id == held.c.session_id).add_cte(_following(used)))


def _following(used: CTE) -> CTE:
    token = bindparam("following", type_=Text())
    row = select(token, used.c.grant_id, _NOW).where(token.is_not(None))
    return insert(RefreshToken).from_select(["token_hash", "grant_id", "created_at"], row).cte("following")


CODE: Final = _spend(
    AuthorizationCode,
    AuthorizationCode.code_hash,
    AuthorizationCode.dpop_jkt,
    *OF_CODE,
    fits=(AuthorizationCode.redirect_uri == bindparam("redirect_uri", type_=Text()))
    & AuthorizationCode.code_challenge.is_not_distinct_from(bindparam("code_challenge", type_=Text())),
)
ROTATE: Final = _spend(
    RefreshToken,
    RefreshToken.token_hash,
    Grant.dpop_jkt,
    fits=func.string_to_array(Grant.scope, " ", type_=ARRAY(Text)).contains(_SCOPES),
)
