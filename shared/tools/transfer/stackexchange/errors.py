"""What can be wrong with a dump as a whole."""

from pathlib import Path


class DumpError(Exception):
    """The dump cannot be read; `str(error)` is one line for the person who gave it.

    Raised before anything is written.
    """


class NotADump(DumpError):
    """The path is neither a folder nor a `.tar.xz`, or lacks files every dump has."""


class DamagedArchive(DumpError):
    """The archive ends early, fails its own checksums or is no archive at all."""


class HostileArchive(DumpError):
    """The archive holds what no dump holds: links, devices, doubled names, bombs."""


class BrokenXml(DumpError):
    """A file is not well-formed XML of the dump's shape."""


class HostileXml(BrokenXml):
    """A file declares a document type or entities; dumps have neither."""


class SiteUnknown(DumpError):
    """Source links need the host the dump came from and nothing tells it."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"The site of {path.name} is not known: give the host the content came from, "
            "for example SITE=cooking.stackexchange.com, since each text links back to it."
        )


class DumpRefused(DumpError):
    """Validation found errors; nothing was written. `findings` lists them."""

    def __init__(self, errors: list[str], total: int) -> None:
        self.errors = errors
        self.total = total
        shown = "".join(f"\n  {line}" for line in errors)
        more = f"\n  … and {total - len(errors)} more" if total > len(errors) else ""
        super().__init__(f"The dump has {total} error(s); nothing was written:{shown}{more}")
