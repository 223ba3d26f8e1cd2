"""Every SELECT on people for administrators."""

from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, exists, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from identity_service.accounts.models import Account, Organisation, PasswordCredential
from identity_service.admin.people.schemas import FactorsView, PeopleAsked
from identity_service.factors.models import Passkey, RecoveryCode, TotpCredential
from identity_service.scim.models import Group, GroupMember
from shared.kernel.text import case_mapped

_ROW: Final[tuple[Any, ...]] = (
    Account.id,
    Account.realm,
    Account.name,
    Account.email,
    Account.roles,
    Account.created_at,
    Account.deactivated_at,
    Organisation.id.label("organisation_id"),
    Organisation.name.label("organisation_name"),
)


def found(asked: PeopleAsked, after: tuple[Any, ...] | None) -> Select[Any]:
    """People who fit, by name; one more than wanted."""
    statement = (
        select(*_ROW)
        .outerjoin(Organisation, Organisation.id == Account.organisation_id)
        .order_by(Account.name, Account.id)
        .limit(asked.limit + 1)
    )
    if asked.q.strip():
        part = asked.q.strip()
        statement = statement.where(
            or_(
                Account.name.icontains(part, autoescape=True),
                Account.email_key.contains(case_mapped(part), autoescape=True),
            )
        )
    if asked.realm is not None:
        statement = statement.where(Account.realm == asked.realm)
    if asked.role is not None:
        statement = statement.where(Account.roles.contains([asked.role]))
    if asked.organisation_id is not None:
        statement = statement.where(Account.organisation_id == asked.organisation_id)
    if asked.state is not None:
        gone = Account.deactivated_at
        statement = statement.where(gone.is_(None) if asked.state == "active" else gone.is_not(None))
    if after is not None:
        statement = statement.where(tuple_(Account.name, Account.id) > tuple_(*after))
    return statement


async def locked(session: AsyncSession, account_id: UUID) -> Account | None:
    """The account, held until the transaction ends so that two changes do not cross."""
    found: Account | None = await session.scalar(
        select(Account).where(Account.id == account_id).with_for_update()
    )
    return found


async def factors_of(session: AsyncSession, account_id: UUID) -> FactorsView:
    def of(model: Any) -> Any:
        return exists().where(model.account_id == account_id)

    def count(model: Any, *more: Any) -> Any:
        return select(func.count()).where(model.account_id == account_id, *more).scalar_subquery()

    row = await session.execute(
        select(
            of(PasswordCredential),
            exists().where(TotpCredential.account_id == account_id, TotpCredential.confirmed_at.is_not(None)),
            count(Passkey),
            count(RecoveryCode, RecoveryCode.used_at.is_(None)),
        )
    )
    return FactorsView(*row.one())


async def groups_of(session: AsyncSession, account_id: UUID) -> list[str]:
    names = await session.scalars(
        select(Group.display_name)
        .join(GroupMember, GroupMember.group_id == Group.id)
        .where(GroupMember.account_id == account_id)
        .order_by(Group.display_name)
    )
    return list(names)
