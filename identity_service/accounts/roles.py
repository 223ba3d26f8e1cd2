"""What an account's roles are to others."""

from sqlalchemy.orm import Session

from identity_service.accounts.models import Account, Organisation


def roles_in_tokens(session: Session, account: Account) -> list[str]:
    """The roles that tokens carry: the account's own, and `partner` from a partner organisation."""
    roles = set(account.roles)
    if account.organisation_id is not None:
        organisation = session.get(Organisation, account.organisation_id)
        if organisation is not None and organisation.is_partner:
            roles.add("partner")
    return sorted(roles)
