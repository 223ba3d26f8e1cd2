"""What can be refused about sharing."""

from shared.kernel.errors import Conflict


class SpaceNotOpen(Conflict):
    code = "sharing.space_not_open"
    title = "Nothing can be shared from this space: its owner has not allowed it"


class AlreadyShared(Conflict):
    code = "sharing.already_shared"
    title = "This topic is shared already"


class NotShared(Conflict):
    code = "sharing.not_shared"
    title = "This topic is not shared"


class EndsInThePast(Conflict):
    code = "sharing.ends_in_the_past"
    title = "A sharing must end later than now"
