"""What can come between a proof and a session."""

from shared.kernel.errors import Conflict


class TooLate(Conflict):
    """The account was shut, got another password, or was signed out here, after the proof was looked at."""

    code = "sign_in.too_late"
    title = "Your account was changed while you signed in. Sign in again"
