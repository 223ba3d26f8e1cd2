"""What can go wrong with a provider upstream."""

from shared.kernel.errors import Conflict, Forbidden, Invalid, Unavailable


class UpstreamSilent(Unavailable):
    """The provider could not be asked, or answered with something else than it should."""

    code = "upstreams.unavailable"
    title = "The other provider does not answer at the moment"


class NotEquipped(UpstreamSilent):
    """It cannot be asked before something is installed here, which the detail names."""

    code = "upstreams.not_equipped"
    title = "What this provider needs is not installed here"


class UpstreamRefused(Forbidden):
    """An answer that must not be believed, or a no. `reason` is a short word for the audit log."""

    code = "upstreams.refused"
    title = "Signing in by way of the other provider did not succeed"

    def __init__(self, reason: str) -> None:
        super().__init__()
        self.reason = reason


class Unsolicited(UpstreamRefused):
    """An answer to no question of ours."""

    code = "upstreams.unsolicited"
    title = "The other provider sent an answer that nobody asked for"

    def __init__(self) -> None:
        super().__init__("unsolicited")


class LinkedElsewhere(Conflict):
    code = "upstreams.linked_elsewhere"
    title = "This sign-in is connected with another account here"


class LastWayIn(Conflict):
    code = "upstreams.last_way_in"
    title = "This is the only way into your account. Set a password first"


class BadUpstream(Invalid):
    code = "upstreams.bad_settings"
    title = "These settings of a provider do not fit"
