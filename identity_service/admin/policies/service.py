"""What administrators do with sign-in policies."""

from dataclasses import asdict, dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from identity_service.admin.access import Admin
from identity_service.policy import service as policies
from identity_service.policy.service import Policy
from identity_service.web import REALMS


@dataclass(frozen=True, slots=True)
class PolicyView:
    """What one realm asks of people who sign in."""

    realm: str
    requires_mfa: bool
    allows_passkeys: bool
    password_min_length: int
    remembered_device_days: int


@dataclass(frozen=True, slots=True)
class PolicyList:
    """The policies of both realms."""

    data: list[PolicyView]
    next_cursor: str | None = None


class PolicyChange(BaseModel):
    """The whole policy as it shall be."""

    model_config = ConfigDict(extra="forbid")

    requires_mfa: bool
    allows_passkeys: bool
    password_min_length: Annotated[int, Field(ge=8, le=64)]
    remembered_device_days: Annotated[int, Field(ge=0, le=90)]


async def policy(admin: Admin, realm: str) -> PolicyView:
    return PolicyView(realm, **asdict(await policies.get(admin.visit.session, realm)))


async def all_policies(admin: Admin) -> list[PolicyView]:
    return [await policy(admin, realm) for realm in REALMS]


async def change(admin: Admin, realm: str, wanted: PolicyChange) -> PolicyView:
    """From now on, for every sign-in of the realm."""
    await policies.change(admin.visit, realm, Policy(**wanted.model_dump()), by=admin.by)
    admin.visit.session.expire_all()
    return await policy(admin, realm)
