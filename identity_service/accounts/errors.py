"""What can be wrong with an account's data."""

from shared.kernel.errors import Conflict, Invalid


class BadEmail(Invalid):
    code = "accounts.bad_email"
    title = "This does not look like an e-mail address"


class BadName(Invalid):
    code = "accounts.bad_name"
    title = "Give a name of 1 to 80 characters"


class LinkSpent(Conflict):
    """The one-time link was used, is too old, or never existed: the three are not told apart."""

    code = "accounts.link_spent"
    title = "This link was used already or is too old"
