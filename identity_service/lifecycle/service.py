"""Deactivating, reactivating, purging accounts, and changing what others see of them."""

from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import delete

from identity_service.accounts.models import Account, Closing
from identity_service.accounts.roles import roles_in_tokens
from identity_service.accounts.service import clean_name
from identity_service.audit import service as audit
from identity_service.events import service as events
from identity_service.events.kinds import EventKind
from identity_service.grants import service as grants
from identity_service.roles import service as roles_given
from identity_service.visit import Visit

BY_DIRECTORY: Final = "provisioning"
"""Why an account was shut, when a directory did it."""


async def deactivate(visit: Visit, account: Account, *, because: str, by: str) -> None:
    """Shut an account: no sign-in, and every session, refresh token and access token ends. `by` names who
    did it, in the audit log. A second time changes nothing, but that its person, who may have closed it
    before, cannot open it again, nor a directory what others want shut as well."""
    await _forget_closing(visit, account)
    if account.deactivated_at is not None:
        if because != BY_DIRECTORY:
            account.deactivated_because = because
        return
    account.deactivated_because = because
    account.deactivated_at = account.updated_at = visit.now
    await grants.end_all_sessions(visit, account, because=because)
    await _announce(visit, EventKind.DISABLED, account, reason=because)
    _record(visit, "account.deactivated", account, because=because, by=by)


async def reactivate(visit: Visit, account: Account, *, by: str) -> None:
    """Let an account in again. Nothing that ended comes back. A second time changes nothing."""
    await _forget_closing(visit, account)
    if account.deactivated_at is None:
        return
    account.deactivated_at, account.updated_at = None, visit.now
    account.deactivated_because = None
    await _announce(visit, EventKind.ENABLED, account)
    _record(visit, "account.reactivated", account, by=by)


async def purge(visit: Visit, account: Account, *, by: str) -> None:
    """Delete an account for good. The audit log keeps its id and nothing else of it."""
    await grants.end_all_sessions(visit, account, because="purged")
    await _announce(visit, EventKind.PURGED, account)
    _record(visit, "account.purged", account, by=by)
    await visit.session.delete(account)
    await visit.session.flush()


async def change(
    visit: Visit, account: Account, *, by: str, name: str | None = None, roles: Iterable[str] | None = None
) -> None:
    """Change what tokens say of a person; `roles` are those given by hand, and what groups and providers give
    stays. Raises BadName. Nothing is announced when nothing changed."""
    changed = []
    if name is not None and clean_name(name) != account.name:
        account.name = clean_name(name)
        changed.append("name")
    if roles is not None and await roles_given.settle(visit.session, account, given=roles):
        changed.append("roles")
    if changed:
        await _changed(visit, account, changed, by=by)


async def follow_roles(visit: Visit, account: Account, *, by: str) -> None:
    """Let a person have the roles that their groups and providers give now, and those given by hand."""
    if await roles_given.settle(visit.session, account):
        await _changed(visit, account, ["roles"], by=by)


async def _changed(visit: Visit, account: Account, fields: list[str], *, by: str) -> None:
    account.updated_at = visit.now
    await announce_claims(visit, account)
    _record(visit, "account.changed", account, fields=fields, by=by)


async def announce_claims(visit: Visit, account: Account) -> None:
    """Tell the services what tokens say of this person from now on."""
    await visit.session.flush()
    roles = await roles_in_tokens(visit.session, account)
    await _announce(visit, EventKind.CLAIMS_CHANGED, account, claims={"name": account.name, "roles": roles})


async def _forget_closing(visit: Visit, account: Account) -> None:
    """Whoever acts on an account puts an end to its closing: nobody takes that back, and nothing is erased
    on that day."""
    await visit.session.execute(delete(Closing).where(Closing.account_id == account.id))


async def _announce(visit: Visit, kind: EventKind, account: Account, **payload: Any) -> None:
    await events.announce(visit, kind, account_id=account.id, realm=account.realm, **payload)


def _record(visit: Visit, event: str, account: Account, **details: Any) -> None:
    audit.record(visit.session, event, at=visit.now, account_id=account.id, address=visit.address, **details)
