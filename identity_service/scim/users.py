"""What a directory does to people."""

from dataclasses import dataclass
from typing import Any, Final, cast
from uuid import UUID, uuid4

from scim2_models import (
    InvalidValueException,
    NotFoundException,
    PatchOp,
    PreconditionFailedException,
    UniquenessException,
    default_comparison_key,
)
from scim2_models import Path as AttributePath
from sqlalchemy import func, select

from identity_service.accounts import links
from identity_service.accounts import service as accounts
from identity_service.accounts.errors import BadEmail
from identity_service.accounts.models import Account
from identity_service.audit import service as audit
from identity_service.lifecycle import service as lifecycle
from identity_service.mail import service as mail
from identity_service.protocol.resources import provisioning
from identity_service.scim import queries, views
from identity_service.scim.models import ScimUser
from identity_service.scim.resources import POLICY, StaffUser
from identity_service.scim.tokens import Directory
from identity_service.scim.views import Shown
from identity_service.visit import Visit

_ONE_AT_A_TIME: Final = 0x5C1A
"""Key of the lock under which names and addresses are given out."""


@dataclass(slots=True)
class Users:
    """The use cases of one request. Refusals are those of RFC 7644 section 3.12."""

    visit: Visit
    directory: Directory

    @property
    def base(self) -> str:
        return provisioning(self.visit.settings)

    async def one(self, resource_id: str) -> Shown:
        return self._show(*await self._row(resource_id))

    async def create(self, wanted: StaffUser) -> Shown:
        visit = self.visit
        email, user_name = await self._free_names(wanted, but=None)
        account = accounts.new_account(
            visit, realm=queries.REALM, email=email or _placeholder(), name=views.name_of(wanted)
        )
        if wanted.active is None:
            wanted.active = True
        await visit.session.flush()
        said = ScimUser(
            account_id=account.id,
            user_name=wanted.user_name,
            user_name_key=user_name,
            external_id=wanted.external_id,
            document=views.document_of(wanted),
            created_at=visit.now,
            updated_at=visit.now,
        )
        visit.session.add(said)
        self._record("scim.user_created", account)
        await self._give_roles(account, came=_roles(wanted), went=set())
        if not wanted.active:
            await lifecycle.deactivate(visit, account, because=lifecycle.BY_DIRECTORY, by=self.directory.name)
        elif visit.settings.identity_scim_invites and email:
            await links.ask_for_password(visit, realm=queries.REALM, email=account.email)
        await visit.session.flush()
        return self._show(account, said, [])

    async def replace(self, resource_id: str, wanted: StaffUser, if_match: str | None) -> Shown:
        account, said, groups = await self._row(resource_id, lock=True)
        before = self._show(account, said, groups)
        require_match(before, if_match)
        wanted.replace(_user(before))
        if wanted.active is None:
            wanted.active = True
        return await self._become(account, said, groups, _user(before), wanted)

    async def patch(self, resource_id: str, operations: PatchOp[StaffUser], if_match: str | None) -> Shown:
        account, said, groups = await self._row(resource_id, lock=True)
        before = self._show(account, said, groups)
        require_match(before, if_match)
        wanted = _user(before).model_copy(deep=True)
        if not operations.patch(wanted, scim_policy=POLICY):
            return before
        return await self._become(account, said, groups, _user(before), wanted)

    async def delete(self, resource_id: str, if_match: str | None) -> None:
        """Gone for the directory, and out everywhere. Unless people are purged, the account stays for the
        audit log and for what they wrote, under no name or address that anybody else might get."""
        visit, by = self.visit, self.directory.name
        account, said, groups = await self._row(resource_id, lock=True)
        require_match(self._show(account, said, groups), if_match)
        self._record("scim.user_deleted", account)
        if visit.settings.identity_scim_purges:
            await lifecycle.purge(visit, account, by=by)
            return
        await lifecycle.deactivate(visit, account, because=lifecycle.BY_DIRECTORY, by=by)
        await links.cancel(visit, account.id, *links.OF_AN_ACCOUNT)
        said = said or self._first_description(account)
        said.hidden_at = said.updated_at = account.updated_at = visit.now
        said.user_name_key = None
        account.email = account.email_key = _placeholder()
        account.email_verified_at = None

    async def _row(self, resource_id: str, *, lock: bool = False) -> tuple[Account, ScimUser | None, Any]:
        account_id = as_id(resource_id)
        row = await queries.user(self.visit.session, account_id, lock=lock)
        if row is None:
            raise NotFoundException(detail="There is no such user")
        account, said, groups = row
        return account, said, groups

    def _show(self, account: Account, said: ScimUser | None, groups: Any) -> Shown:
        return views.user_resource(account, said, groups, self.base)

    async def _become(
        self, account: Account, said: ScimUser | None, groups: Any, before: StaffUser, after: StaffUser
    ) -> Shown:
        """Bring account and description to what they shall be; what hangs on it follows. An account that
        others shut stays so, which the answer tells."""
        visit, by = self.visit, self.directory.name
        email, key = await self._free_names(after, but=account)
        roles, shown = _roles(after), _roles(before)
        said = said or self._first_description(account)
        said.user_name, said.user_name_key = str(after.user_name), key
        said.external_id, said.document = after.external_id, views.document_of(after)
        said.updated_at = visit.now
        if email is not None and email != account.email:
            await self._readdress(account, email)
        self._record("scim.user_changed", account, fields=changed_fields(before, after))
        if views.name_of(after) != views.name_of(before):
            await lifecycle.change(visit, account, by=by, name=views.name_of(after))
        # What was shown, by whomever it is given, is written back, and is no wish.
        await self._give_roles(account, came=roles - shown, went=shown - roles)
        if after.active is False:
            await lifecycle.deactivate(visit, account, because=lifecycle.BY_DIRECTORY, by=by)
        elif before.active is False and account.deactivated_because == lifecycle.BY_DIRECTORY:
            await lifecycle.reactivate(visit, account, by=by)
        await visit.session.flush()
        return self._show(account, said, groups)

    async def _readdress(self, account: Account, email: str) -> None:
        """Whoever reads an account's mail can set its password: a directory gives no new address to somebody
        with more roles than it may give. The old address is told."""
        visit, old = self.visit, account.email
        theirs = await queries.roles_by_directories(visit.session, account.id)
        if set(account.roles) - visit.settings.scim_roles - theirs:
            raise InvalidValueException(detail="emails: an administrator changes the address of this account")
        account.email, account.email_key = email, accounts.email_key(email)
        account.email_verified_at, account.updated_at = None, visit.now
        await links.cancel(visit, account.id, links.SET_PASSWORD, links.CHANGE_EMAIL)
        if not views.is_placeholder(old):
            link = links.address(visit, "/sign-in", realm=queries.REALM)
            mail.write(visit, "readdressed", to=old, locale=account.locale, new_email=email, link=link)

    def _first_description(self, account: Account) -> ScimUser:
        now = self.visit.now
        said = ScimUser(account_id=account.id, user_name=account.email, document={}, created_at=now)
        said.updated_at = now
        self.visit.session.add(said)
        return said

    async def _free_names(self, wanted: StaffUser, *, but: Account | None) -> tuple[str | None, str]:
        """The address, and the user name's key, when nobody else has them."""
        session, email = self.visit.session, views.email_of(wanted)
        binding = AttributePath[StaffUser]("userName").resolve()
        key = default_comparison_key(binding, wanted.user_name or "")
        try:
            email_key = accounts.email_key(email) if email else _placeholder()
        except BadEmail as error:
            if wanted.emails:
                raise InvalidValueException(detail=f"{error.title}: emails.value") from None
            email, email_key = None, _placeholder()
        await session.execute(select(func.pg_advisory_xact_lock(_ONE_AT_A_TIME)))
        if await queries.is_taken(
            session, user_key=key, email_key=email_key, but=but.id if but is not None else None
        ):
            raise UniquenessException(detail="Somebody else has this userName or e-mail address")
        return email, key

    async def _give_roles(self, account: Account, *, came: set[str], went: set[str]) -> None:
        """Of the roles that directories may give: as if by hand. What a group gives stays."""
        managed = self.visit.settings.scim_roles
        roles = (set(account.given_roles) | (came & managed)) - (went & managed)
        await lifecycle.change(self.visit, account, by=self.directory.name, roles=roles)

    def _record(self, event: str, account: Account, **details: Any) -> None:
        audit.record(
            self.visit.session,
            event,
            at=self.visit.now,
            account_id=account.id,
            address=self.visit.address,
            by=self.directory.name,
            **details,
        )


def as_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFoundException(detail="There is no such resource") from None


def require_match(shown: Shown, if_match: str | None) -> None:
    """RFC 7644 section 3.14: a change made to another version than the present one is refused."""
    if if_match is None or if_match.strip() == "*":
        return
    if shown.version.removeprefix("W/") not in {
        tag.strip().removeprefix("W/") for tag in if_match.split(",")
    }:
        raise PreconditionFailedException(detail="The resource has changed: read it again")


def changed_fields(before: Any, after: Any) -> list[str]:
    """Names of the attributes that differ, never their values."""
    old, new = before.model_dump(), after.model_dump()
    names = {name for name in {*old, *new} if old.get(name) != new.get(name)}
    return sorted("enterprise" if name.startswith("urn:") else name for name in names - {"meta"})


def _user(shown: Shown) -> StaffUser:
    return cast("StaffUser", shown.resource)


def _roles(resource: StaffUser) -> set[str]:
    return {role.value for role in resource.roles or [] if role.value}


def _placeholder() -> str:
    return f"{uuid4().hex}@{views.NO_ADDRESS}"
