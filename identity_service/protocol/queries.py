"""SELECTs of the protocol that are asked often, compiled once."""

from typing import Any

from sqlalchemy import Select, Text, Uuid, bindparam, func, select
from sqlalchemy.orm import aliased

from identity_service.accounts.models import Account
from identity_service.clients.models import Client
from identity_service.grants.models import Grant, RefreshToken
from identity_service.sessions.models import SignInSession
from shared.db.query import Query

_Asker, _Holder = aliased(Client), aliased(Client)
_COLUMNS: tuple[Any, ...] = (
    _Asker.secret_hash,
    _Asker.old_secret_hash,
    _Asker.old_secret_until,
    _Asker.token_endpoint_auth_method.label("method"),
    _Asker.serves,
    _Asker.disabled_at.label("asker_disabled_at"),
    _Holder.id.label("holder"),
    _Holder.disabled_at.label("holder_disabled_at"),
    Grant.revoked_at,
    Grant.expires_at.label("grant_ends_at"),
    Grant.client_id.label("granted_to"),
    Grant.scope,
    SignInSession.id.label("sid"),
    SignInSession.realm,
    SignInSession.ended_at,
    SignInSession.expires_at.label("session_ends_at"),
    SignInSession.seen_at,
    Account.id.label("account_id"),
    Account.deactivated_at,
)
_GRANT = bindparam("grant_id", type_=Uuid())
_ACCOUNT = bindparam("account_id", type_=Uuid())
_HOLDER = bindparam("holder", type_=Text())


def _from_grant(statement: Select[Any], holder: Any, account: Any) -> Query:
    return Query(
        statement.outerjoin(SignInSession, SignInSession.id == Grant.session_id)
        .outerjoin(Account, Account.id == func.coalesce(Grant.account_id, account))
        .outerjoin(_Holder, _Holder.id == holder)
        .where(_Asker.id == bindparam("client_id", type_=Text()))
    )


ABOUT_ACCESS_TOKEN = _from_grant(
    select(*_COLUMNS).select_from(_Asker).outerjoin(Grant, Grant.id == _GRANT), _HOLDER, _ACCOUNT
)
"""The client that asks, and all on which the life of an access token hangs, in one row."""

_REFRESH: tuple[Any, ...] = (
    RefreshToken.used_at,
    RefreshToken.created_at.label("token_made_at"),
    _Holder.rotates_refresh_tokens.label("rotates"),
)
ABOUT_REFRESH_TOKEN = _from_grant(
    select(*_COLUMNS, *_REFRESH)
    .select_from(_Asker)
    .outerjoin(RefreshToken, RefreshToken.token_hash == bindparam("token_hash", type_=Text()))
    .outerjoin(Grant, Grant.id == RefreshToken.grant_id),
    Grant.client_id,
    Grant.account_id,
)
"""The same for a refresh token."""
