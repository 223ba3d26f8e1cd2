"""Somebody who proved one thing and owes another: finding them, and the pages that they see meanwhile."""

from dataclasses import dataclass
from typing import Any

from fastapi import Request
from starlette.responses import Response

from identity_service.accounts.models import Account
from identity_service.factors import levels
from identity_service.grants import service as grants
from identity_service.protocol import answers
from identity_service.sign_in import entering, unfinished
from identity_service.sign_in.models import UnfinishedSignIn
from identity_service.sign_in.proof import Proof, Way
from identity_service.sign_in.waiting import realm_of
from identity_service.visit import Visit
from identity_service.web import drop_cookie, page, see_other


@dataclass(frozen=True, slots=True)
class HalfDone:
    """A half-done sign-in with its person."""

    row: UnfinishedSignIn
    account: Account

    @property
    def way(self) -> Way:
        return Way(self.row.pending_id, self.row.back_to, proved_at=self.row.proved_at)

    def with_second(self, amr: list[str]) -> list[str]:
        return levels.and_second(self.row.amr, amr)


async def find(request: Request, visit: Visit, realm: str) -> HalfDone | None:
    """The sign-in that waits in this browser, while it is fresh and its account lives."""
    realm = realm_of(None, realm)
    row = await unfinished.find(visit, realm, request.cookies.get(unfinished.cookie(visit, realm)))
    if row is None:
        return None
    account = await visit.session.get_one(Account, row.account_id)
    return HalfDone(row, account)


async def finish(
    request: Request, visit: Visit, waiting: HalfDone, amr: list[str], *, remember: bool = False
) -> Response:
    """Both were proved: sign them in."""
    await visit.session.delete(waiting.row)
    proof = Proof(waiting.account.id, waiting.account.realm, amr)
    return await entering.finish(request, visit, proof, way=waiting.way, remember=remember)


def start_again(request: Request, visit: Visit, realm: str) -> Response:
    """It took too long, or was wrong too often."""
    realm = realm_of(None, realm)
    response = see_other(f"/sign-in?realm={realm}&late=1")
    drop_cookie(response, visit, unfinished.cookie(visit, realm))
    return response


async def show(
    request: Request, visit: Visit, waiting: HalfDone, template: str, *, status: int, **values: Any
) -> Response:
    """A page between the two, whose form may lead back to the client that asked."""
    pending = await grants.waiting(visit, waiting.row.pending_id)
    return page(
        request,
        template,
        realm=waiting.account.realm,
        status=status,
        leads_to=answers.client_origin(pending),
        account=waiting.account,
        **values,
    )
