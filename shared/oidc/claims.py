"""What a verified access token says, with types."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from shared.oidc.errors import InvalidToken

_LONGEST_CHAIN = 8


class Realm(StrEnum):
    """The two pools of accounts. An account never changes its realm."""

    STAFF = "staff"
    CUSTOMER = "customer"


@dataclass(frozen=True, slots=True)
class Act:
    """The party that acts for the subject (RFC 8693 section 4.1): `sub` is the acting client's id. With
    `act` it acts through another, which the subject's own token was exchanged by before."""

    sub: str
    act: "Act | None" = None


@dataclass(frozen=True, slots=True)
class Claims:
    """The claims of an access token (RFC 9068) whose signature, type, issuer, audience and times are checked.

    `realm` is None when a client acts for itself; then `sub` equals `client_id`. `exp` and `iat` are seconds
    since 1970. `sid` is the session at identity from which the token came. `roles` are identity's roles.
    `jkt` is the thumbprint of the key that has to be proved with it (RFC 9449 section 6); a token without is
    good for whoever holds it.
    """

    sub: str
    client_id: str
    aud: str
    exp: int
    iat: int
    jti: str
    realm: Realm | None = None
    roles: frozenset[str] = frozenset()
    scope: frozenset[str] = frozenset()
    name: str | None = None
    act: Act | None = None
    sid: str | None = None
    acr: str | None = None
    amr: frozenset[str] = frozenset()
    auth_time: int | None = None
    jkt: str | None = None

    @property
    def is_person(self) -> bool:
        """True for a person's token, also when a client acts for that person."""
        return self.realm is not None

    def allows(self, *scopes: str) -> bool:
        """True when every one of `scopes` was granted."""
        return self.scope.issuperset(scopes)

    @classmethod
    def of_payload(cls, payload: Mapping[str, Any]) -> "Claims":
        """Read a payload whose signature was checked. Raises InvalidToken on a claim of a wrong shape."""
        return cls(
            sub=_text(payload, "sub"),
            client_id=_text(payload, "client_id"),
            aud=_text(payload, "aud"),
            exp=_seconds(payload, "exp"),
            iat=_seconds(payload, "iat"),
            jti=_text(payload, "jti"),
            realm=_realm(payload.get("realm")),
            roles=_words(payload.get("roles", []), "roles"),
            scope=frozenset(_optional_text(payload, "scope", "").split()),
            name=_optional_text(payload, "name", "") or None,
            act=_act(payload.get("act")),
            sid=_optional_text(payload, "sid", "") or None,
            acr=_optional_text(payload, "acr", "") or None,
            amr=_words(payload.get("amr", []), "amr"),
            auth_time=_seconds(payload, "auth_time") if "auth_time" in payload else None,
            jkt=_jkt(payload.get("cnf")),
        )


def _text(payload: Mapping[str, Any], name: str) -> str:
    value = payload.get(name)
    if not isinstance(value, str) or not value:
        raise InvalidToken(f"claim {name}")
    return value


def _optional_text(payload: Mapping[str, Any], name: str, default: str) -> str:
    value = payload.get(name, default)
    if not isinstance(value, str):
        raise InvalidToken(f"claim {name}")
    return value


def _seconds(payload: Mapping[str, Any], name: str) -> int:
    value = payload.get(name)
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidToken(f"claim {name}")
    return value


def _words(value: object, name: str) -> frozenset[str]:
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        raise InvalidToken(f"claim {name}")
    return frozenset(value)


def _realm(value: object) -> Realm | None:
    if value is None:
        return None
    try:
        return Realm(str(value))
    except ValueError:
        raise InvalidToken("claim realm") from None


def _act(value: object, depth: int = 0) -> Act | None:
    if value is None:
        return None
    if not isinstance(value, dict) or depth > _LONGEST_CHAIN:
        raise InvalidToken("claim act")
    return Act(sub=_text(value, "sub"), act=_act(value.get("act"), depth + 1))


def _jkt(value: object) -> str | None:
    """A binding of another kind than ours could not be checked, so it is no less than a refusal."""
    if value is None:
        return None
    if not isinstance(value, dict):
        raise InvalidToken("claim cnf")
    return _text(value, "jkt")
