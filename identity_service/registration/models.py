"""The table of initial access tokens."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from identity_service.base import Base


class InitialAccessToken(Base):
    """Lets its holder register clients (RFC 7591 section 3). Without one nobody can.

    `realms` are those whose people the clients may sign in. `uses_left` is empty when they are not counted.
    """

    __tablename__ = "initial_access_tokens"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    note: Mapped[str]
    realms: Mapped[list[str]]
    uses_left: Mapped[int | None]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]


MODELS = (InitialAccessToken,)
