"""What an account's roles are to others."""

from collections.abc import Iterable

from sqlalchemy.ext.asyncio import AsyncSession

from identity_service.accounts.models import Account, Organisation


def in_tokens(own: Iterable[str], *, of_partner: bool) -> list[str]:
    """The roles that tokens carry: the account's own, and `partner` from a partner organisation."""
    return sorted({*own, "partner"} if of_partner else set(own))


async def roles_in_tokens(session: AsyncSession, account: Account) -> list[str]:
    """`in_tokens` of an account at hand."""
    organisation_id = account.organisation_id
    organisation = await session.get(Organisation, organisation_id) if organisation_id else None
    return in_tokens(account.roles, of_partner=organisation is not None and organisation.is_partner)
