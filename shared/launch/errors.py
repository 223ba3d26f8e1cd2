"""What went wrong while starting, said in one line a person can act on."""


class LaunchError(Exception):
    """Starting failed; the text is one line that says what to do."""


class PortTaken(LaunchError):
    """Somebody else listens on a port that is needed here."""


class DiskFull(LaunchError):
    """No space is left where data has to be written."""


class FolderInUse(LaunchError):
    """A live process of an earlier run still holds the data folder."""
