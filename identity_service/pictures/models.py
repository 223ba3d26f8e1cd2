"""The table of pictures."""

from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from identity_service.accounts.models import Account
from identity_service.base import Base


class Picture(Base):
    """One size of a person's picture, as WebP. `picture_id` is random and new with each upload, so that the
    address may be cached for ever and cannot be guessed."""

    __tablename__ = "pictures"

    picture_id: Mapped[UUID] = mapped_column(primary_key=True)
    size: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey(Account.id, ondelete="CASCADE"), index=True)
    content: Mapped[bytes]


MODELS = (Picture,)
