"""Why an administrator is refused."""

from shared.kernel.errors import Conflict, Forbidden, Invalid


class NotAdministrator(Forbidden):
    code = "admin.not_administrator"
    title = "Only administrators may do this"


class KeptElsewhere(Conflict):
    """The client follows from the settings of the service and is made anew at each start."""

    code = "admin.kept_elsewhere"
    title = "This client follows from the service's settings and is changed there"


class KeptByDirectory(Conflict):
    """The next word of the directory would undo it."""

    code = "admin.kept_by_directory"
    title = "A directory keeps this group over SCIM; change it there"


class Yourself(Conflict):
    """Whoever shuts out the last administrator has nobody left to ask: somebody else does it."""

    code = "admin.yourself"
    title = "Ask another administrator: nobody does this to their own account here"


class AlreadyThere(Conflict):
    code = "admin.already_there"
    title = "There is one of that name already"


class StillUsed(Conflict):
    code = "admin.still_used"
    title = "It is still used"


class NotConfirmed(Invalid):
    """Something that cannot be undone was not confirmed by its name."""

    code = "admin.not_confirmed"
    title = "Type the name exactly as it stands there"
