"""The table of signing keys."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from identity_service.base import Base


class SigningKey(Base):
    """A key pair. The private part is sealed with the service's secret key.

    A key is published from the moment it is made and signs from `signs_from` until `retired_at`; after that
    it stays published until the last token it signed has ended.
    """

    __tablename__ = "signing_keys"

    kid: Mapped[str] = mapped_column(primary_key=True)
    algorithm: Mapped[str]
    public_jwk: Mapped[dict[str, Any]]
    sealed_private_jwk: Mapped[bytes]
    created_at: Mapped[datetime]
    signs_from: Mapped[datetime]
    retired_at: Mapped[datetime | None]

    __table_args__ = (
        Index(
            "uq_signing_keys_current", "algorithm", unique=True, postgresql_where=text("retired_at is null")
        ),
    )


MODELS = (SigningKey,)
