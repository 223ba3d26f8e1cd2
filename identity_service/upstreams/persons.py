"""Whom a provider vouches for, from the claims that it made."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from identity_service.accounts.errors import BadEmail
from identity_service.accounts.service import email_key
from identity_service.factors.fresh import FRESH_FOR
from identity_service.upstreams import id_token
from identity_service.upstreams.provider import Provider
from shared.kernel.text import clean_line

NEVER_SAID: Final = FRESH_FOR + timedelta(minutes=1)
"""How old a proof counts as whose age a provider does not tell: too old for what wants a fresh one."""
_FEDERATED, _TWO_FACTORS = "fed", "mfa"  # names of methods


@dataclass(frozen=True, slots=True)
class Person:
    """Whom a provider vouches for. `email` is in the form for comparing, and empty unless it was proved."""

    subject: str
    email: str
    name: str
    shown: str
    roles: list[str]
    amr: list[str]
    proved_at: datetime


def person_of(
    asked: Provider, claims: Mapping[str, Any], *, needs_auth_after: datetime | None, now: datetime
) -> Person:
    """The person of claims that were checked."""
    return Person(
        subject=claims["sub"],
        email=_proved_address(asked, claims),
        name=_name(claims),
        shown=_shown(claims),
        roles=_roles(asked, claims),
        amr=_methods(asked, claims),
        proved_at=id_token.proved_at(claims, needs_auth_after, now, unknown=NEVER_SAID),
    )


def _proved_address(asked: Provider, claims: Mapping[str, Any]) -> str:
    """Some say `email_verified` as text, and Microsoft Entra ID says 1 in a claim of its own."""
    if claims.get(asked.verified_claim) not in (True, 1, "true", "1"):
        return ""
    try:
        return email_key(str(claims.get("email", "")))
    except BadEmail:
        return ""


def _name(claims: Mapping[str, Any]) -> str:
    given = claims.get("name")
    return clean_line(given)[:80].strip() if isinstance(given, str) else ""


def _shown(claims: Mapping[str, Any]) -> str:
    """By which the person knows their account at the provider again."""
    said = (claims.get(name) for name in ("email", "preferred_username", "name"))
    return next((clean_line(text)[:100] for text in said if isinstance(text, str) and text), "")


def _roles(asked: Provider, claims: Mapping[str, Any]) -> list[str]:
    """The roles whose rules fit. Whether they are known here is seen when they are given."""
    return sorted({rule["role"] for rule in asked.role_rules if _fits(rule, claims)})


def _fits(rule: Mapping[str, Any], claims: Mapping[str, Any]) -> bool:
    said = claims.get(rule["claim"])
    return rule["value"] in said if isinstance(said, list) else rule["value"] == said


def _methods(asked: Provider, claims: Mapping[str, Any]) -> list[str]:
    said = claims.get("amr")
    if asked.trusts_mfa and isinstance(said, list) and _TWO_FACTORS in said:
        return [_FEDERATED, _TWO_FACTORS]
    return [_FEDERATED]
