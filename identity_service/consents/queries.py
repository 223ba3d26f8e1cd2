"""SELECTs on consents that run outside a transaction."""

from typing import Any

from sqlalchemy import bindparam, func, select

from identity_service.clients.models import Client
from identity_service.consents.models import Consent
from identity_service.grants.models import Grant
from shared.db.query import Query

_COLUMNS: tuple[Any, ...] = (
    Consent.client_id,
    Client.name.label("client_name"),
    Client.client_uri,
    Consent.audience,
    Consent.scopes,
    Consent.given_at,
    Consent.updated_at,
)
OF_ACCOUNT = Query(
    select(*_COLUMNS)
    .join(Client, Client.id == Consent.client_id)
    .where(Consent.account_id == bindparam("account_id"))
    .order_by(Client.name, Consent.client_id, Consent.audience)
)

_USED: tuple[Any, ...] = (
    Client.id.label("client_id"),
    Client.name.label("client_name"),
    Client.client_uri,
    Client.is_first_party,
    func.min(Grant.created_at).label("since"),
    func.max(Grant.created_at).label("last"),
)
IN_USE = Query(
    select(*_USED)
    .join(Grant, Grant.client_id == Client.id)
    .where(
        Grant.account_id == bindparam("account_id"),
        Grant.revoked_at.is_(None),
        Grant.expires_at > bindparam("now"),
    )
    .group_by(Client.id)
    .order_by(Client.name, Client.id)
)
