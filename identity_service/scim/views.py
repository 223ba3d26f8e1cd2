"""From rows to resources."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from scim2_models import Context, Meta, Resource, ResponseParameters

from identity_service.accounts.models import Account
from identity_service.scim.models import Group, ScimUser
from identity_service.scim.resources import POLICY, StaffUser
from identity_service.scim.resources import Group as GroupResource
from shared.kernel.text import clean_line

NO_ADDRESS: Final = "no-address.invalid"
"""The domain (RFC 6761: never anybody's) of addresses for people of whom the directory told none."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A resource as it stands now, with the version that its ETag tells."""

    resource: Resource[Any]
    version: str

    def body(self, parameters: ResponseParameters[Any] | None = None) -> dict[str, Any]:
        context = Context.RESOURCE_QUERY_RESPONSE
        return self.resource.model_dump(scim_ctx=context, response_parameters=parameters, scim_policy=POLICY)


def _shown(resource: Resource[Any], kind: str, base: str, created: datetime, changed: datetime) -> Shown:
    """The version is made of everything that is shown, so that it changes exactly when that does."""
    whole = json.dumps(resource.model_dump(), sort_keys=True, separators=(",", ":"))
    version = f'W/"{hashlib.sha256(whole.encode()).hexdigest()[:24]}"'
    location = f"{base}/{kind}s/{resource.id}"
    resource.meta = Meta(
        resource_type=kind, created=created, last_modified=changed, location=location, version=version
    )
    return Shown(resource, version)


def user_resource(account: Account, said: ScimUser | None, groups: list[dict[str, str]], base: str) -> Shown:
    """A member of staff: what the directory said, and over it what has changed here since."""
    document: dict[str, Any] = dict(said.document) if said else _description_of(account)
    document |= {
        "id": str(account.id),
        "userName": said.user_name if said else account.email,
        "externalId": said.external_id if said else None,
        "groups": [group | {"$ref": f"{base}/Groups/{group['value']}", "type": "direct"} for group in groups],
    }
    if account.deactivated_at is not None:
        document["active"] = False
    resource = StaffUser.model_validate(document, scim_policy=POLICY)
    if said and name_of(resource) != account.name:
        resource.display_name = account.name
    if said and email_of(resource) not in (None, account.email) and not is_placeholder(account.email):
        others = [mail for mail in document.get("emails") or [] if mail.get("value") != account.email]
        own = {"value": account.email, "primary": True}
        document["emails"] = [own, *(mail | {"primary": False} for mail in others)]
        resource.emails = StaffUser.model_validate({"userName": "x", "emails": document["emails"]}).emails
    changed = max(account.updated_at, said.updated_at) if said else account.updated_at
    return _shown(resource, "User", base, account.created_at, changed)


def _description_of(account: Account) -> dict[str, Any]:
    """For somebody of whom no directory has told anything yet."""
    return {
        "displayName": account.name,
        "active": True,
        "emails": [{"value": account.email, "primary": True}],
        "roles": [{"value": role} for role in account.roles],
    }


def document_of(resource: StaffUser) -> dict[str, Any]:
    """What is kept of a resource beside what has columns of its own. `active` is kept to know that it was
    said; whether somebody is active is the account's matter."""
    whole = resource.model_dump()
    for name in ("schemas", "id", "meta", "groups", "userName", "externalId"):
        whole.pop(name, None)
    if "active" in whole:
        whole["active"] = True
    return whole


def name_of(resource: StaffUser) -> str:
    """The name that colleagues see."""
    name = resource.name
    parts = " ".join(filter(None, (name.given_name, name.family_name))) if name else ""
    candidates = (resource.display_name, name.formatted if name else None, parts, resource.user_name)
    lines = (clean_line(text or "")[:80].strip() for text in candidates)
    return next(filter(None, lines), "Somebody")


def email_of(resource: StaffUser) -> str | None:
    """The address: the primary one, else the first, else a user name that looks like one."""
    told = [mail for mail in resource.emails or [] if mail.value]
    for mail in sorted(told, key=lambda mail: not mail.primary):
        return str(mail.value)
    return resource.user_name if resource.user_name and "@" in resource.user_name else None


def is_placeholder(email: str) -> bool:
    return email.endswith(f"@{NO_ADDRESS}")


def group_resource(group: Group, members: Iterable[UUID], base: str) -> Shown:
    resource = GroupResource.model_validate(
        {
            "id": str(group.id),
            "displayName": group.display_name,
            "externalId": group.external_id,
            "members": [{"value": str(of), "type": "User", "$ref": f"{base}/Users/{of}"} for of in members]
            or None,
        }
    )
    return _shown(resource, "Group", base, group.created_at, group.updated_at)


def list_body(bodies: list[dict[str, Any]], *, start: int, total: int) -> dict[str, Any]:
    """RFC 7644 section 3.4.2. `start` counts from 1."""
    return {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
        "totalResults": total,
        "startIndex": start,
        "itemsPerPage": len(bodies),
        "Resources": bodies,
    }
