"""What can be wrong with roles."""

from shared.kernel.errors import Invalid


class UnknownRole(Invalid):
    code = "roles.unknown"
    title = "There is no such role for people of this realm"
