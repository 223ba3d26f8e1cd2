"""The table of consents."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from identity_service.accounts.models import Account
from identity_service.base import Base
from identity_service.clients.models import Client


class Consent(Base):
    """What one person agreed that one client may do at one audience, until they take it back.

    One row per audience: agreeing to reading here and writing there is not agreeing to writing here.
    """

    __tablename__ = "consents"

    account_id: Mapped[UUID] = mapped_column(ForeignKey(Account.id, ondelete="CASCADE"), primary_key=True)
    client_id: Mapped[str] = mapped_column(ForeignKey(Client.id, ondelete="CASCADE"), primary_key=True)
    audience: Mapped[str] = mapped_column(primary_key=True)
    scopes: Mapped[list[str]]
    given_at: Mapped[datetime]
    updated_at: Mapped[datetime]


MODELS = (Consent,)
