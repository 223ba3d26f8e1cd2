"""What the bridge refuses. The codes are part of the contract (`shared.bridge.errors`)."""

from shared.kernel.errors import Forbidden, Invalid, NotFound, Unavailable


class Closed(Unavailable):
    code = "bridge.closed"
    title = "The bridge is closed"


class UnknownCaller(Forbidden):
    code = "bridge.unknown_caller"
    title = "The bridge does not know this caller"


class NotDelegated(Forbidden):
    code = "bridge.not_delegated"
    title = "The token does not say who acts for whom as it must"


class NotCustomerFacing(Forbidden):
    code = "bridge.not_customer_facing"
    title = "Only staff who look after customers may do this"


class NotForPrograms(Forbidden):
    code = "bridge.not_for_programs"
    title = "Only a member of staff may do this, through their community"


class NotForPeople(Forbidden):
    code = "bridge.not_for_people"
    title = "Only a program may do this, for itself"


class MissingScope(Forbidden):
    code = "bridge.missing_scope"
    title = "The token lacks a scope"


class PurgeOverdue(Forbidden):
    code = "bridge.purge_overdue"
    title = "A withdrawal has not been confirmed in time: follow the changes, delete, and confirm"


class NotShared(NotFound):
    code = "bridge.not_shared"
    title = "Nothing of that name is shared with you"


class BadMessage(Invalid):
    code = "bridge.bad_message"
    title = "The message does not fit the contract"


class BadCursor(Invalid):
    code = "bridge.bad_cursor"
    title = "This cursor was not made here, for you, for this list"


class KeyRequired(Invalid):
    code = "bridge.key_required"
    title = "Idempotency-Key is required: 1 to 200 visible ASCII characters"


class KeyReused(Invalid):
    code = "bridge.key_reused"
    title = "This Idempotency-Key came with another message before"


class ReplyReveals(Invalid):
    code = "bridge.reply_reveals"
    title = "The answer names something that must stay inside"
