"""The table of sign-ins that are half done."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from identity_service.accounts.models import Account
from identity_service.base import Base


class UnfinishedSignIn(Base):
    """Somebody gave one proof and owes another. Nothing is open to them yet but the page that asks for it.

    `amr` are the proofs given; `proved_at` is when, where that was not just now. `may_enrol` says that
    there was no factor to answer with when it began, so that a first one may be set up on the way, and
    `enrolled_at` when that was.
    """

    __tablename__ = "unfinished_sign_ins"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    secret_hash: Mapped[str] = mapped_column(unique=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey(Account.id, ondelete="CASCADE"), index=True)
    realm: Mapped[str]
    amr: Mapped[list[str]]
    pending_id: Mapped[UUID | None]
    back_to: Mapped[str]
    proved_at: Mapped[datetime | None]
    tries: Mapped[int]
    may_enrol: Mapped[bool]
    enrolled_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)


MODELS = (UnfinishedSignIn,)
