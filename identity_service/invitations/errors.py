"""What may stand against an invitation."""

from shared.kernel.errors import Conflict


class HasAccount(Conflict):
    code = "invitations.has_account"
    title = "This person has an account already"


class BelongsElsewhere(Conflict):
    code = "invitations.belongs_elsewhere"
    title = "Your account belongs to another organisation. Leave that one first"
