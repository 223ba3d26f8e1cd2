"""Changing one's own profile."""

from functools import cache
from typing import Final
from zoneinfo import available_timezones

from identity_service.accounts.models import Account
from identity_service.audit import service as audit
from identity_service.lifecycle import service as lifecycle
from identity_service.profile.errors import BadLocale, BadZone
from identity_service.visit import Visit

LOCALES: Final = {
    "": "As the site chooses",
    "cs": "Čeština",
    "da": "Dansk",
    "de": "Deutsch",
    "de-AT": "Deutsch (Österreich)",
    "de-CH": "Deutsch (Schweiz)",
    "en": "English",
    "en-GB": "English (United Kingdom)",
    "en-US": "English (United States)",
    "es": "Español",
    "fi": "Suomi",
    "fr": "Français",
    "hu": "Magyar",
    "it": "Italiano",
    "ja": "日本語",
    "ko": "한국어",
    "nb": "Norsk bokmål",
    "nl": "Nederlands",
    "pl": "Polski",
    "pt": "Português",
    "pt-BR": "Português (Brasil)",
    "sv": "Svenska",
    "tr": "Türkçe",
    "uk": "Українська",
    "zh": "中文",
}
"""BCP 47 tags and how the languages call themselves."""


@cache
def zones() -> list[str]:
    """Time zones by their names of places, `UTC` first."""
    places = {
        zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc/", "posix"))
    }
    return ["UTC", *sorted(places - {"UTC"})]


async def change(visit: Visit, account: Account, *, name: str, locale: str, zone: str) -> None:
    """Take over what the person wrote. Raises BadName, BadLocale, BadZone, and changes nothing then."""
    if locale not in LOCALES:
        raise BadLocale
    if zone and zone not in zones():
        raise BadZone
    await lifecycle.change(visit, account, name=name, by=f"account:{account.id}")
    changed = [
        field
        for field, value in (("locale", locale or None), ("zoneinfo", zone or None))
        if getattr(account, field) != value
    ]
    if changed:
        account.locale, account.zoneinfo, account.updated_at = locale or None, zone or None, visit.now
        audit.record(
            visit.session,
            "account.profile_changed",
            at=visit.now,
            account_id=account.id,
            address=visit.address,
            fields=changed,
        )
