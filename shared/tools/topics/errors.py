"""What can be refused about topics and posts."""

from shared.kernel.errors import Invalid


class KindNotHere(Invalid):
    code = "topics.kind_not_in_space"
    title = "This space does not take topics of that kind"


class EmptyBody(Invalid):
    code = "topics.empty_body"
    title = "There is nothing in it to read"


class NotAReaction(Invalid):
    code = "topics.unknown_reaction"
    title = "There is no such reaction"
