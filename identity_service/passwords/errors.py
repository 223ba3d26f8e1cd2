"""What can be wrong with a password."""

from shared.kernel.errors import Invalid


class WeakPassword(Invalid):
    code = "accounts.weak_password"
    title = "This password is too easy to guess"
