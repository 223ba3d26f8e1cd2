"""Collecting what is kept about one person. Secrets, and hashes of secrets, are left out: they prove who one
is and say nothing about one."""

import base64
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import DeclarativeBase

from identity_service.accounts import service as accounts
from identity_service.accounts.models import Account, Closing, EmailProof, Invitation, PasswordCredential
from identity_service.audit import service as audit
from identity_service.consents.models import Consent
from identity_service.devices.models import KnownDevice
from identity_service.factors.models import Passkey, RecoveryCode, TotpCredential
from identity_service.grants.models import Grant
from identity_service.history import service as history
from identity_service.pictures.models import Picture
from identity_service.pictures.service import SIZES
from identity_service.scim.models import GroupMember, ScimUser
from identity_service.sessions.models import SignInSession
from identity_service.upstreams.models import UpstreamIdentity
from identity_service.visit import Visit

SECRETS: Final = frozenset(
    {
        "secret_hash",
        "token_hash",
        "password_hash",
        "code_hash",
        "sealed_secret",
        "public_key",
        "credential_id",
    }
)
KEPT: Final[Mapping[str, tuple[type[DeclarativeBase], str]]] = {
    "password": (PasswordCredential, "account_id"),
    "authenticator_app": (TotpCredential, "account_id"),
    "recovery_codes": (RecoveryCode, "account_id"),
    "passkeys": (Passkey, "account_id"),
    "known_browsers": (KnownDevice, "account_id"),
    "sessions": (SignInSession, "account_id"),
    "grants": (Grant, "account_id"),
    "consents": (Consent, "account_id"),
    "links_sent": (EmailProof, "account_id"),
    "invitations_sent": (Invitation, "invited_by"),
    "closing": (Closing, "account_id"),
    "directory": (ScimUser, "account_id"),
    "groups": (GroupMember, "account_id"),
    "accounts_elsewhere": (UpstreamIdentity, "account_id"),
}
"""Tables whose rows are about an account, by the name they have in the file, and the column that says so."""


async def collect(visit: Visit, account: Account) -> dict[str, Any]:
    """Everything kept about a person, as JSON values; the audit log says that it was taken."""
    organisation = await accounts.organisation_of(visit, account)
    found: dict[str, Any] = {
        "made_at": _plain(visit.now),
        "issuer": visit.settings.issuer,
        "account": _row(account),
        "organisation": organisation.name if organisation else None,
        "picture": await _picture(visit, account),
    }
    for name, (model, column) in KEPT.items():
        rows = await visit.session.scalars(select(model).where(getattr(model, column) == account.id))
        found[name] = [_row(row) for row in rows]
    found["history"] = [
        {key: _plain(value) for key, value in row.items()} for row in await history.whole(visit, account.id)
    ]
    audit.record(
        visit.session, "account.exported", at=visit.now, account_id=account.id, address=visit.address
    )
    return found


async def _picture(visit: Visit, account: Account) -> str | None:
    row = await visit.session.scalar(
        select(Picture.content).where(Picture.account_id == account.id, Picture.size == SIZES[0])
    )
    return f"data:image/webp;base64,{base64.b64encode(row).decode()}" if row else None


def _row(row: DeclarativeBase) -> dict[str, Any]:
    columns = type(row).__table__.columns.keys()
    return {name: _plain(getattr(row, name)) for name in columns if name not in SECRETS}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value
