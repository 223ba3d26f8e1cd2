"""What can be wrong with a file."""

from shared.kernel.errors import Conflict, Invalid


class BadFile(Invalid):
    code = "configuration.bad_file"
    title = "The file does not fit"


class KeptElsewhere(Conflict):
    code = "configuration.kept_elsewhere"
    title = "This is not kept by files"
