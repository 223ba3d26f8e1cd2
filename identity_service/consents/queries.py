"""SELECTs on consents that run outside a transaction."""

from typing import Any

from sqlalchemy import bindparam, select

from identity_service.clients.models import Client
from identity_service.consents.models import Consent
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
