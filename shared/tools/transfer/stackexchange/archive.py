"""Opens a dump, a folder or a `.tar.xz`, as eight plain files.

An archive is somebody else's bytes: it is unpacked into a temporary folder under names of ours, never its
own, within a budget of bytes, so that neither paths, links nor compression bombs reach the machine.
"""

import errno
import os
import re
import stat
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from shared.tools.transfer.stackexchange.errors import (
    DamagedArchive,
    DumpError,
    HostileArchive,
    NotADump,
    SiteUnknown,
)
from shared.tools.transfer.stackexchange.xz import XzStream


class DumpFile(StrEnum):
    """The files of a dump, in the order in which they refer to one another."""

    USERS = "Users.xml"
    POSTS = "Posts.xml"
    TAGS = "Tags.xml"
    POST_HISTORY = "PostHistory.xml"
    COMMENTS = "Comments.xml"
    POST_LINKS = "PostLinks.xml"
    VOTES = "Votes.xml"
    BADGES = "Badges.xml"

    @property
    def root(self) -> str:
        """The name of the file's root element."""
        return self.removesuffix(".xml").lower()


@dataclass(frozen=True)
class Limits:
    """How much a dump may take, in bytes unless said otherwise."""

    file: int = 4 * 1024**3
    total: int = 8 * 1024**3
    ratio: int = 200
    """Unpacked bytes for each packed byte, beyond `free`."""
    free: int = 64 * 1024**2
    members: int = 64
    """Entries in an archive, expected or not."""

    def unpacked(self, packed: int) -> int:
        """The most an archive of `packed` bytes may unpack to."""
        return min(self.total, max(self.free, packed * self.ratio))


@dataclass(frozen=True)
class Dump:
    """An opened dump: where its files lie, and what its names tell."""

    path: Path
    files: dict[DumpFile, Path]
    ignored: tuple[str, ...] = ()
    names: tuple[str, ...] = field(default=())

    def open(self, file: DumpFile) -> BinaryIO:
        """The bytes of one file; the caller closes."""
        return self.files[file].open("rb")

    def size(self, file: DumpFile) -> int:
        """Bytes of one file, for progress bars."""
        return self.files[file].stat().st_size

    def site(self, given: str | None = None) -> str:
        """The host the content came from: the one given, else the one its folder or archive is named after.

        Raises `SiteUnknown` when neither tells and `DumpError` when the given one is no host name.
        """
        if given:
            host = given.removeprefix("https://").rstrip("/").lower()
            if not _HOST.fullmatch(host) or len(host) > 253:
                raise DumpError(f"SITE={given!r} is not a host name such as cooking.stackexchange.com.")
            return host
        for name in self.names:
            if _KNOWN_SITE.fullmatch(name.lower()):
                return name.lower()
        raise SiteUnknown(self.path)


_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"(?:{_LABEL}\.)+[a-z]{{2,63}}")
_KNOWN_SITE = re.compile(
    rf"(?:{_LABEL}\.)*stackexchange\.com|(?:{_LABEL}\.)*stackoverflow\.com"
    r"|(?:meta\.)?(?:superuser|serverfault|askubuntu|stackapps)\.com|(?:meta\.)?mathoverflow\.net"
)
_BY_NAME = {file.value: file for file in DumpFile}
_CHUNK = 1024 * 1024
_HEADER_ROOM = 256 * 1024
"""Bytes that may lie between the content of two members: headers, padding, extended names."""


@contextmanager
def open_dump(path: Path, *, limits: Limits | None = None) -> Iterator[Dump]:
    """Opens a dump for reading and clears up afterwards.

    Raises `DumpError` (one of its kinds) with a line that says what is wrong.
    """
    limits = limits or Limits()
    if path.is_dir():
        yield _open_folder(path, limits)
    elif path.is_file() and path.name.lower().endswith((".tar.xz", ".txz")):
        with tempfile.TemporaryDirectory(prefix="narrowbridge-import-") as folder:
            yield _unpack(path, Path(folder), limits)
    elif path.exists():
        raise NotADump(f"{path} is neither a folder nor a .tar.xz archive.")
    else:
        raise NotADump(f"{path} does not exist.")


def _open_folder(path: Path, limits: Limits) -> Dump:
    files: dict[DumpFile, Path] = {}
    ignored = []
    total = 0
    for entry in sorted(os.scandir(path), key=lambda entry: entry.name):
        file = _BY_NAME.get(entry.name)
        if file is None:
            ignored.append(entry.name)
            continue
        status = entry.stat(follow_symlinks=False)
        if not stat.S_ISREG(status.st_mode):
            raise HostileArchive(f"{entry.name} in {path.name} is not a regular file.")
        total += status.st_size
        if status.st_size > limits.file or total > limits.total:
            raise HostileArchive(f"{entry.name} in {path.name} exceeds the size limit of an import.")
        files[file] = Path(entry.path)
    _require_all(path, files)
    return Dump(path, files, tuple(ignored), (path.resolve().name,))


def _unpack(path: Path, folder: Path, limits: Limits) -> Dump:
    try:
        with path.open("rb") as packed:
            stream = XzStream(packed, limits.unpacked(path.stat().st_size))
            return _unpack_members(path, stream, folder, limits)
    except tarfile.TarError as error:
        raise DamagedArchive(f"{path.name} is damaged: {error}.") from error
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise DumpError(f"No space left under {tempfile.gettempdir()} to unpack {path.name}.") from error
        raise DumpError(f"{path.name} cannot be read: {error.strerror or error}.") from error


def _unpack_members(path: Path, stream: XzStream, folder: Path, limits: Limits) -> Dump:
    files: dict[DumpFile, Path] = {}
    ignored: list[str] = []
    inner: list[str] = []
    stream.allow(_HEADER_ROOM)
    with tarfile.open(fileobj=stream, mode="r|", errorlevel=2) as tar:
        for number, member in enumerate(_members(tar), start=1):
            if number > limits.members:
                raise HostileArchive(f"{path.name} has more than {limits.members} entries.")
            stream.allow(member.size + _HEADER_ROOM)
            file = _expected(path, member)
            if file is None:
                ignored.extend([] if member.isdir() else [member.name])
                continue
            if file in files:
                raise HostileArchive(f"{path.name} holds {file} twice.")
            if member.size > limits.file:
                raise HostileArchive(f"{file} in {path.name} exceeds the size limit of an import.")
            inner.extend(member.name.strip("./").split("/")[:-1])
            files[file] = _copy(tar, member, folder / file)
    stream.drain()
    _require_all(path, files)
    return Dump(path, files, tuple(ignored), (_stem(path.name), *dict.fromkeys(inner)))


def _members(tar: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    while (member := tar.next()) is not None:
        yield member


def _expected(path: Path, member: tarfile.TarInfo) -> DumpFile | None:
    """Which file of a dump a member is; None for what is left aside; refuses what no dump holds."""
    parts = member.name.split("/")
    if member.name.startswith("/") or "\\" in member.name or ".." in parts:
        raise HostileArchive(f"{path.name} holds an entry with a path of its own: {member.name[:100]!r}.")
    if member.isdir():
        return None
    if not member.isreg() or member.issparse():
        raise HostileArchive(f"{path.name} holds an entry that is not a plain file: {member.name[:100]!r}.")
    return _BY_NAME.get(parts[-1])


def _copy(tar: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> Path:
    source = tar.extractfile(member)
    left = member.size
    with target.open("xb") as out:
        while source is not None and (chunk := source.read(min(_CHUNK, left))):
            left -= len(chunk)
            out.write(chunk)
    if left:
        raise DamagedArchive(f"{target.name} ends {left} bytes early in the archive.")
    return target


def _require_all(path: Path, files: dict[DumpFile, Path]) -> None:
    missing = [file.value for file in DumpFile if file not in files]
    if missing:
        raise NotADump(f"{path.name} is not a complete dump: {', '.join(missing)} missing.")


def _stem(name: str) -> str:
    return re.sub(r"\.(tar\.xz|txz)$", "", name, flags=re.IGNORECASE)
