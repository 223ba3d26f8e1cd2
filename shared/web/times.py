"""Dates and times as people read them."""

from datetime import datetime
from zoneinfo import ZoneInfo

MONTHS = "January February March April May June July August September October November December".split()


def full_time(value: datetime, zone: str = "UTC") -> str:
    """`4 March 2026, 14:05 UTC`."""
    local = value.astimezone(ZoneInfo(zone))
    month = MONTHS[local.month - 1]
    return f"{local.day} {month} {local.year}, {local.hour:02}:{local.minute:02} {local.tzname()}"


def relative_time(value: datetime, now: datetime) -> str:
    """How long ago, in words; a date when it is more than a month."""
    seconds = (now - value).total_seconds()
    if seconds < 60:
        return "just now"
    if seconds >= 86400 * 30:
        return f"{value.day} {MONTHS[value.month - 1][:3]} {value.year}"
    for size, word in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {word}{'s' if count > 1 else ''} ago"
    return "just now"
