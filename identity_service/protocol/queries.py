"""SELECTs of the protocol, compiled once: each tells in one row all that a decision hangs on."""

from typing import Any, Final

from sqlalchemy import ColumnElement, Select, Text, Uuid, any_, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import aliased

from identity_service.accounts.models import Account, Organisation
from identity_service.clients.known import VERSION
from identity_service.clients.models import Client
from identity_service.grants.models import AuthorizationCode, Grant, PushedRequest, RefreshToken
from identity_service.sessions.models import SignInSession
from shared.db.query import Query

OF_LIFE: Final[tuple[Any, ...]] = (
    SignInSession.id.label("sid"),
    SignInSession.ended_at,
    SignInSession.expires_at.label("session_ends_at"),
    SignInSession.seen_at,
    Account.id.label("account_id"),
    Account.realm,
    Account.deactivated_at,
)
OF_PERSON: Final[tuple[Any, ...]] = (
    Account.name,
    Account.roles,
    Account.email,
    Account.email_verified_at,
    Account.picture_id,
    Account.locale,
    Account.zoneinfo,
    Account.updated_at,
    Organisation.is_partner,
)
OF_GRANT: Final[tuple[Any, ...]] = (
    Grant.id.label("grant_id"),
    Grant.client_id.label("granted_to"),
    Grant.scope,
    Grant.audiences,
    Grant.claims,
    Grant.dpop_jkt,
    Grant.auth_time,
    Grant.amr,
    Grant.expires_at.label("grant_ends_at"),
    Grant.revoked_at,
)
OF_CODE: Final[tuple[Any, ...]] = (
    AuthorizationCode.redirect_uri,
    AuthorizationCode.nonce,
    AuthorizationCode.code_challenge,
    AuthorizationCode.dpop_jkt.label("code_jkt"),
    AuthorizationCode.expires_at.label("code_ends_at"),
)
_GRANTED: Final = (*OF_GRANT, *OF_LIFE, *OF_PERSON)
_SIGNED_IN: Final[tuple[Any, ...]] = (
    *OF_LIFE,
    *OF_PERSON,
    SignInSession.auth_time,
    SignInSession.amr,
    SignInSession.secret_hash,
)
_VERSION: Final = VERSION.label("client_version")
_THIS_CLIENT: Final = Client.id == bindparam("client_id", type_=Text())
_HASH: Final = bindparam("hash", type_=Text())


def with_person(statement: Select[Any], session: ColumnElement[bool]) -> Select[Any]:
    """With the session that fits, its person, and the organisation they belong to."""
    return (
        statement.outerjoin(SignInSession, session)
        .outerjoin(Account, Account.id == SignInSession.account_id)
        .outerjoin(Organisation, Organisation.id == Account.organisation_id)
    )


def _with_grant(statement: Select[Any], grant: ColumnElement[bool]) -> Select[Any]:
    """With the grant that fits, and all on which that hangs."""
    return with_person(statement.outerjoin(Grant, grant), SignInSession.id == Grant.session_id)


GRANT: Final = Query(
    with_person(select(*_GRANTED).select_from(Grant), SignInSession.id == Grant.session_id).where(
        Grant.id == bindparam("grant_id")
    )
)
"""A grant and all on which it hangs."""

REFRESH_TOKEN: Final = Query(
    _with_grant(
        select(_VERSION, RefreshToken.used_at, *_GRANTED)
        .select_from(Client)
        .outerjoin(RefreshToken, RefreshToken.token_hash == _HASH),
        Grant.id == RefreshToken.grant_id,
    ).where(_THIS_CLIENT)
)
"""The client that asks, a refresh token, and its grant."""

CODE: Final = Query(
    _with_grant(
        select(
            _VERSION,
            AuthorizationCode.used_at,
            *OF_CODE,
            *_GRANTED,
        )
        .select_from(Client)
        .outerjoin(AuthorizationCode, AuthorizationCode.code_hash == _HASH),
        Grant.id == AuthorizationCode.grant_id,
    ).where(_THIS_CLIENT)
)
"""The client that asks, an authorization code, and its grant."""

BROWSER: Final = Query(
    with_person(
        select(_VERSION, *_SIGNED_IN).select_from(Client),
        SignInSession.secret_hash == any_(bindparam("secrets", type_=ARRAY(Text))),
    ).where(_THIS_CLIENT)
)
"""The client that is named, once for each session that the browser brings, or once without."""

SESSION: Final = Query(
    select(*_SIGNED_IN)
    .select_from(SignInSession)
    .join(Account, Account.id == SignInSession.account_id)
    .outerjoin(Organisation, Organisation.id == Account.organisation_id)
    .where(SignInSession.id == bindparam("session_id"))
)
PERSON: Final = Query(
    select(Account.id.label("account_id"), Account.realm, Account.deactivated_at, *OF_PERSON)
    .select_from(Account)
    .outerjoin(Organisation, Organisation.id == Account.organisation_id)
    .where(Account.id == bindparam("account_id"))
)
IS_UNUSED: Final = Query(
    select(RefreshToken.token_hash).where(RefreshToken.token_hash == _HASH, RefreshToken.used_at.is_(None))
)
GRANT_OF_TOKEN: Final = Query(select(RefreshToken.grant_id).where(RefreshToken.token_hash == _HASH))

PUSHED: Final = Query(
    select(PushedRequest.request_hash, PushedRequest.parameters).where(
        PushedRequest.request_hash == _HASH,
        PushedRequest.client_id == bindparam("client_id", type_=Text()),
        PushedRequest.used_at.is_(None),
        PushedRequest.expires_at > bindparam("now"),
    )
)

_Holder: Final = aliased(Client)
_TOKEN: Final[tuple[Any, ...]] = (
    _VERSION,
    _Holder.id.label("holder"),
    _Holder.disabled_at.label("holder_disabled_at"),
    Grant.revoked_at,
    Grant.expires_at.label("grant_ends_at"),
    *OF_LIFE,
)


def _about_token(statement: Select[Any], grant: Any, holder: Any, account: Any) -> Query:
    return Query(
        statement.outerjoin(Grant, grant)
        .outerjoin(SignInSession, SignInSession.id == Grant.session_id)
        .outerjoin(Account, Account.id == func.coalesce(Grant.account_id, account))
        .outerjoin(_Holder, _Holder.id == holder)
        .where(_THIS_CLIENT)
    )


ABOUT_ACCESS_TOKEN: Final = _about_token(
    select(*_TOKEN).select_from(Client),
    Grant.id == bindparam("grant_id", type_=Uuid()),
    bindparam("holder", type_=Text()),
    bindparam("account_id", type_=Uuid()),
)
"""The client that asks, and all on which the life of an access token hangs, in one row."""

ABOUT_REFRESH_TOKEN: Final = _about_token(
    select(
        *_TOKEN,
        Grant.client_id.label("granted_to"),
        Grant.scope,
        RefreshToken.used_at,
        RefreshToken.created_at.label("token_made_at"),
        _Holder.rotates_refresh_tokens.label("rotates"),
    )
    .select_from(Client)
    .outerjoin(RefreshToken, RefreshToken.token_hash == _HASH),
    Grant.id == RefreshToken.grant_id,
    Grant.client_id,
    Grant.account_id,
)
"""The same for a refresh token."""
