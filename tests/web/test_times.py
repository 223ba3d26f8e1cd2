"""Times are said in the zone of whoever looks, and name it."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.web.leaves import ago
from shared.web.times import full_time, relative_time, zone_named

LATE = datetime(2026, 3, 4, 23, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "said"),
    [
        ("UTC", "4 March 2026, 23:30 UTC"),
        ("Europe/Vienna", "5 March 2026, 00:30 CET"),
        ("America/New_York", "4 March 2026, 18:30 EST"),
        ("Asia/Dubai", "5 March 2026, 03:30 UTC+04"),
        ("America/Sao_Paulo", "4 March 2026, 20:30 UTC-03"),
        ("Asia/Kathmandu", "5 March 2026, 05:15 UTC+0545"),
    ],
)
def test_the_full_date_names_its_zone(zone: str, said: str) -> None:
    assert full_time(LATE, zone_named(zone)) == said
    assert said in ago(LATE, zone=zone_named(zone))


@pytest.mark.parametrize(
    "name", ["", "Europe", "Nowhere/Land", "../etc/passwd", "/etc/passwd", "\x00", "x" * 300]
)
def test_a_zone_that_is_not_known_is_utc(name: str) -> None:
    assert zone_named(name) is UTC


def test_what_is_old_has_the_date_of_the_viewers_zone() -> None:
    later = LATE + timedelta(days=40)
    assert relative_time(LATE, later) == "4 Mar 2026"
    assert relative_time(LATE, later.astimezone(zone_named("Europe/Vienna"))) == "5 Mar 2026"


def test_how_long_ago_is_the_same_in_every_zone() -> None:
    """Also over the change to summer time, when clocks jump."""
    before = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
    for zone in ("UTC", "Europe/Vienna", "Asia/Kathmandu"):
        said = ago(before, (before + timedelta(hours=2)).astimezone(zone_named(zone)))
        assert ">2 hours ago<" in said
        assert 'datetime="2026-03-29T00:30:00+00:00"' in said
