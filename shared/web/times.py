"""Dates and times as people read them: in the zone of whoever looks, which every text names."""

from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

MONTHS = "January February March April May June July August September October November December".split()


@lru_cache(maxsize=1024)
def zone_named(name: str) -> tzinfo:
    """The zone of this name (`Europe/Vienna`); UTC for one that this machine does not know."""
    try:
        return UTC if name == "UTC" else ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return UTC


def full_time(value: datetime, zone: tzinfo = UTC) -> str:
    """`4 March 2026, 14:05 UTC`. Zones without letters of their own are said as `UTC+03`."""
    local = value.astimezone(zone)
    name = local.tzname() or ""
    if name[:1] in ("+", "-"):
        name = f"UTC{name}"
    return f"{local.day} {MONTHS[local.month - 1]} {local.year}, {local.hour:02}:{local.minute:02} {name}"


def relative_time(value: datetime, now: datetime) -> str:
    """How long ago, in words; a date in the zone of `now` when it is more than a month."""
    seconds = (now - value).total_seconds()
    if seconds < 60:
        return "just now"
    if seconds >= 86400 * 30:
        local = value.astimezone(now.tzinfo)
        return f"{local.day} {MONTHS[local.month - 1][:3]} {local.year}"
    for size, word in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {word}{'s' if count > 1 else ''} ago"
    return "just now"
