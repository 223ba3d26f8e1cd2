"""What a use case of identity works with: the process's services and this request."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from identity_service.accounts.passwords import Passwords
from identity_service.keys.service import KeyRing
from identity_service.limits.service import Limiter
from identity_service.sealing import Sealer
from identity_service.settings import Settings
from shared.db.engine import Database
from shared.kernel.clock import Clock


@dataclass(slots=True)
class Services:
    """Made once per process, in `app.py`."""

    settings: Settings
    database: Database
    clock: Clock
    sealer: Sealer
    keys: KeyRing
    passwords: Passwords
    limiter: Limiter


@dataclass(slots=True)
class Visit:
    """One request: its transaction, its time, and where it came from. Only the edge commits."""

    services: Services
    session: AsyncSession
    now: datetime
    address: str
    user_agent: str = ""

    @property
    def settings(self) -> Settings:
        return self.services.settings
