"""What can be refused at the desk."""

from shared.kernel.errors import Conflict, Unavailable


class ThreadGone(Conflict):
    code = "desk.thread_gone"
    title = "The customer has withdrawn this thread: it cannot be answered any more"


class BridgeSilent(Unavailable):
    code = "desk.bridge_silent"
    title = "The customers' side cannot be reached at the moment"
