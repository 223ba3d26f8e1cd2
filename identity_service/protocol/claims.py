"""What is told about people: by scope, or one by one (OpenID Connect Core sections 5.4 and 5.5)."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from authlib.oauth2.rfc6749 import InvalidRequestError

from identity_service.pictures import service as pictures
from identity_service.protocol.standing import Person

USERINFO, ID_TOKEN = "userinfo", "id_token"
SCOPE_OF = {
    "name": "profile",
    "picture": "profile",
    "locale": "profile",
    "zoneinfo": "profile",
    "realm": "profile",
    "updated_at": "profile",
    "email": "email",
    "email_verified": "email",
}
"""Each claim that is told, and the scope it belongs to. What we do not know (address, phone) is left out."""


def by_scope(person: Person, issuer: str) -> dict[str, dict[str, Any]]:
    """All that is known of a person, under the scope that asks for it; what they did not say is left out."""
    chosen = {
        "picture": pictures.address(issuer, person.picture_id),
        "locale": person.locale,
        "zoneinfo": person.zoneinfo,
    }
    return {
        "profile": {
            "name": person.name,
            "realm": person.realm,
            "updated_at": int(person.updated_at.timestamp()),
            **{name: value for name, value in chosen.items() if value is not None},
        },
        "email": {"email": person.email, "email_verified": person.email_verified_at is not None},
    }


def told(person: Person, issuer: str, asked: Mapping[str, list[str]] | None, where: str) -> dict[str, Any]:
    """The claims that were asked for one by one, at UserInfo or in the id_token."""
    names = (asked or {}).get(where, [])
    if not names:
        return {}
    known = by_scope(person, issuer)
    return {name: known[SCOPE_OF[name]][name] for name in names if name in known[SCOPE_OF[name]]}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the parameter `claims` asks for, as far as the client may have it. `subject` is the person whom
    it wants and nobody else."""

    userinfo: tuple[str, ...] = ()
    id_token: tuple[str, ...] = ()
    subject: str | None = None

    @property
    def scopes(self) -> frozenset[str]:
        return frozenset(SCOPE_OF[name] for name in (*self.userinfo, *self.id_token))


def wanted(text: str | None, admitted: Collection[str]) -> Wanted:
    """Read the parameter. Claims that are not known, or whose scope the client may not ask for, are left
    out, essential or not (section 5.5.1). Raises InvalidRequestError for what is no such object."""
    if text is None:
        return Wanted()
    try:
        asked = json.loads(text)
    except (ValueError, RecursionError):
        raise InvalidRequestError("claims must be a JSON object") from None
    if not isinstance(asked, dict):
        raise InvalidRequestError("claims must be a JSON object")
    given = {where: asked.get(where) for where in (USERINFO, ID_TOKEN)}
    members = {where: {} if member is None else member for where, member in given.items()}
    if not all(isinstance(member, dict) for member in members.values()):
        raise InvalidRequestError("The members of claims must be JSON objects")
    names = {
        where: tuple(sorted(name for name in member if SCOPE_OF.get(name) in admitted))
        for where, member in members.items()
    }
    return Wanted(names[USERINFO], names[ID_TOKEN], _subject(members))


def _subject(members: Mapping[str, dict[str, Any]]) -> str | None:
    for member in members.values():
        sub = member.get("sub")
        if isinstance(sub, dict) and isinstance(sub.get("value"), str):
            return str(sub["value"])
    return None


def kept(asked: Wanted) -> dict[str, list[str]] | None:
    """How a grant keeps it."""
    if not asked.userinfo and not asked.id_token:
        return None
    return {USERINFO: list(asked.userinfo), ID_TOKEN: list(asked.id_token)}
