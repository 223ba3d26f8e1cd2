"""What administrators do with invitations that nobody accepted yet."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.orm import aliased

from identity_service.accounts.models import Account, Invitation, Organisation
from identity_service.admin import paging
from identity_service.admin.access import Admin
from identity_service.audit import service as audit
from identity_service.invitations import service as invitations
from shared.kernel.errors import NotFound
from shared.web.asked import PageAsked

_LIST: Final = "invitations"
_BY: Final = aliased(Account)


@dataclass(frozen=True, slots=True)
class InvitationView:
    """Somebody was asked to have an account, and what it will have. What the link reads is only in the
    mail."""

    id: UUID
    realm: str
    email: str
    roles: list[str]
    organisation: str | None
    is_organisation_admin: bool
    invited_by: str | None
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class InvitationsPage:
    """A page of open invitations, the newest first."""

    data: list[InvitationView]
    next_cursor: str | None


async def waiting(admin: Admin, asked: PageAsked) -> tuple[list[InvitationView], str | None]:
    """A page of open invitations, and the cursor of the next."""
    statement = (
        select(Invitation, Organisation.name.label("organisation"), _BY.name.label("inviter"))
        .outerjoin(Organisation, Organisation.id == Invitation.organisation_id)
        .outerjoin(_BY, _BY.id == Invitation.invited_by)
        .where(Invitation.expires_at > admin.visit.now)
        .order_by(Invitation.created_at.desc(), Invitation.id.desc())
        .limit(asked.limit + 1)
    )
    after = paging.start(admin, asked, name=_LIST)
    if after is not None:
        statement = statement.where(tuple_(Invitation.created_at, Invitation.id) < tuple_(*after))
    rows = [_view(row) for row in await admin.visit.session.execute(statement)]
    return paging.cut(admin, asked, rows, lambda row: (row.created_at, row.id), name=_LIST)


def _view(row: Any) -> InvitationView:
    one: Invitation = row.Invitation
    return InvitationView(
        one.id,
        one.realm,
        one.email,
        list(one.roles),
        row.organisation,
        one.is_organisation_admin,
        row.inviter,
        one.created_at,
        one.expires_at,
    )


async def send_again(admin: Admin, invitation_id: UUID) -> None:
    """With another link, for seven days more. Raises NotFound, HasAccount, UnknownRole."""
    visit = admin.visit
    found = await visit.session.get(Invitation, invitation_id, with_for_update=True)
    if found is None or found.expires_at <= visit.now:
        raise NotFound
    await invitations.send_again(visit, found, by=admin.account)


async def withdraw(admin: Admin, invitation_id: UUID) -> None:
    """Raises NotFound."""
    if not await invitations.withdraw(admin.visit, invitation_id):
        raise NotFound
    audit.record(
        admin.visit.session,
        "invitation.withdrawn",
        at=admin.visit.now,
        address=admin.visit.address,
        by=admin.by,
        invitation=str(invitation_id),
    )
