"""The table of counters."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from identity_service.base import Base


class LimitCounter(Base):
    """Attempts under one key in the present window. The key is hashed: it may name an address."""

    __tablename__ = "limit_counters"

    key_hash: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int]
    ends_at: Mapped[datetime] = mapped_column(index=True)


MODELS = (LimitCounter,)
