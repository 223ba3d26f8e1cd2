"""The table of roles."""

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from identity_service.base import Base


class Role(Base):
    """A name that tokens carry for the people of one realm. What it allows is up to each service.

    `is_builtin` marks those that the services know by name; they cannot be removed.
    """

    __tablename__ = "roles"

    name: Mapped[str] = mapped_column(primary_key=True)
    realm: Mapped[str]
    title: Mapped[str]
    is_builtin: Mapped[bool]

    __table_args__ = (CheckConstraint("realm in ('staff', 'customer')", name="realm"),)


MODELS = (Role,)
