"""How lately, and how well, an administrator has to have proved who they are."""

from datetime import datetime

from identity_service.accounts.models import Account
from identity_service.factors import levels
from identity_service.factors import service as factors
from identity_service.factors.fresh import FRESH_FOR
from identity_service.visit import Visit
from shared.kernel.errors import MoreProofNeeded
from shared.oidc.names import Acr


async def require(visit: Visit, account: Account, *, auth_time: datetime, amr: list[str]) -> None:
    """Raises MoreProofNeeded unless the proof is ten minutes old at most, and with a second factor by those
    who have one."""
    wanted: dict[str, object] = {}
    if levels.acr_of(amr) is not Acr.TWO and (await factors.of(visit, account)).count:
        wanted["acr_values"] = Acr.TWO.value
    if wanted or auth_time < visit.now - FRESH_FOR:
        raise MoreProofNeeded(data=wanted | {"max_age": int(FRESH_FOR.total_seconds())})
