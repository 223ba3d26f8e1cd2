"""Profiles of accounts inside one community."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import false, text, true
from sqlalchemy.orm import Mapped, mapped_column

from shared.db.base import Base


class Person(Base):
    """Somebody who takes part. `sub` is the issuer's name for the account; an imported author has none.

    `roles` are those of the last token seen; they decide membership in groups bound to a role.
    """

    __tablename__ = "people"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    sub: Mapped[str | None] = mapped_column(unique=True)
    realm: Mapped[str | None]
    name: Mapped[str]
    bio: Mapped[str] = mapped_column(server_default="")
    roles: Mapped[list[str]] = mapped_column(server_default=text("'{}'"))
    told_at: Mapped[datetime | None]
    """When identity made the token that told of name and roles; what an older one says is ignored."""
    active: Mapped[bool] = mapped_column(server_default=true())
    synthetic: Mapped[bool] = mapped_column(server_default=false())
    """No account stands behind it and none can be merged into it: a company voice, a bot."""
    time_zone: Mapped[str] = mapped_column(server_default="UTC")
    merged_into: Mapped[UUID | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


MODELS: tuple[type[Any], ...] = (Person,)
