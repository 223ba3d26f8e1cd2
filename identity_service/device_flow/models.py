"""The table of devices that wait for their person."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from identity_service.base import Base
from identity_service.clients.models import Client


class DeviceRequest(Base):
    """A device that waits until somebody types its code elsewhere and agrees.

    The device code is kept as a SHA-256, the user code (short, since people type it) under the service's
    key. Until somebody decided, both `grant_id` and `denied_at` are empty; `used_at` says that the device
    has got its tokens. `interval` are the seconds it has to leave between two questions.
    """

    __tablename__ = "device_requests"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    device_code_hash: Mapped[str] = mapped_column(unique=True)
    user_code_hash: Mapped[str] = mapped_column(unique=True)
    client_id: Mapped[str] = mapped_column(ForeignKey(Client.id, ondelete="CASCADE"))
    realm: Mapped[str]
    scope: Mapped[str]
    audiences: Mapped[list[str]]
    interval: Mapped[int]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    polled_at: Mapped[datetime | None]
    grant_id: Mapped[UUID | None]
    denied_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]


MODELS = (DeviceRequest,)
