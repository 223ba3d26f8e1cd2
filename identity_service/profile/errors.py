"""What may be wrong about a profile."""

from shared.kernel.errors import Invalid


class BadLocale(Invalid):
    code = "profile.bad_locale"
    title = "Choose one of the languages in the list"


class BadZone(Invalid):
    code = "profile.bad_time_zone"
    title = "Choose one of the time zones in the list"
