"""The table of sign-in policies."""

from datetime import datetime

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from identity_service.base import Base


class SignInPolicy(Base):
    """What one realm asks. A realm without a row has the defaults of `policy.service.Policy`."""

    __tablename__ = "sign_in_policies"

    realm: Mapped[str] = mapped_column(primary_key=True)
    requires_mfa: Mapped[bool]
    allows_passkeys: Mapped[bool]
    password_min_length: Mapped[int]
    remembered_device_days: Mapped[int]
    updated_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("realm in ('staff', 'customer')", name="realm"),
        CheckConstraint("password_min_length between 8 and 64", name="password_min_length"),
        CheckConstraint("remembered_device_days between 0 and 90", name="remembered_device_days"),
    )


MODELS = (SignInPolicy,)
