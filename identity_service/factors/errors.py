"""What can be wrong with a factor."""

from shared.kernel.errors import Conflict, Invalid


class WrongCode(Invalid):
    code = "factors.wrong_code"
    title = "This code does not fit, is too old or was used already"


class PasskeyRefused(Invalid):
    """The reasons (challenge, origin, signature, counter, unknown key) are not told apart."""

    code = "factors.passkey_refused"
    title = "The passkey could not be checked. Try again"


class FactorNeeded(Conflict):
    code = "factors.needed"
    title = "Two factors are needed here: set up another one before you remove this one"


class AlreadySetUp(Conflict):
    code = "factors.already_set_up"
    title = "There is an authenticator app already. Remove it first"
