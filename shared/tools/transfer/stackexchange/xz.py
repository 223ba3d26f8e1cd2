"""Decompresses xz as a stream that gives no more bytes, and takes no more memory, than it was allowed."""

import io
import lzma
from typing import BinaryIO

from shared.tools.transfer.stackexchange.errors import DamagedArchive, HostileArchive

_MEMORY = 256 * 1024**2
"""Bytes of dictionary; `xz -9` needs 65 MiB."""
_CHUNK = 256 * 1024
_TRAILER = 16 * 1024**2
"""Bytes of zeros that may follow the last member of a tar."""


class XzStream(io.RawIOBase):
    """The unpacked bytes of an xz file, with two budgets: one for all, one until the next `allow`.

    Several xz streams in a row are one (the format's section 2). Reading raises `DamagedArchive` when the
    input ends early or its checksum fails, `HostileArchive` when a budget is used up.
    """

    def __init__(self, packed: BinaryIO, total: int) -> None:
        super().__init__()
        self._packed = packed
        self._left = total
        self._room = 0
        self._pending = b""
        self._decompressor = self._new()
        self._ended = False

    def allow(self, size: int) -> None:
        """Lets `size` more bytes through before the next call; what was left of the last one lapses."""
        self._room = size

    def read(self, size: int = -1, /) -> bytes:
        """`size` bytes, fewer only at the end; a negative size means as many as are allowed."""
        size = self._room if size < 0 else size
        parts = []
        while size > 0 and (part := self._some(size)):
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def drain(self) -> None:
        """Reads to the end, so that the last checksum is compared too; only zeros may be left."""
        self.allow(_TRAILER)
        while part := self._some(_CHUNK):
            if part.strip(b"\0"):
                raise DamagedArchive("The archive goes on after its end.")

    def _some(self, size: int) -> bytes:
        while not self._ended:
            if self._decompressor.eof and not self._next_stream():
                return b""
            if self._decompressor.needs_input and not self._pending:
                self._pending = self._packed.read(_CHUNK)
                if not self._pending:
                    raise DamagedArchive("The archive ends in the middle.")
            given, self._pending = self._pending, b""
            if part := self._decompress(given, size):
                return self._count(part)
        return b""

    def _decompress(self, given: bytes, size: int) -> bytes:
        try:
            return self._decompressor.decompress(given, size)
        except lzma.LZMAError as error:
            raise DamagedArchive(f"The archive is damaged: {error}.") from error

    def _next_stream(self) -> bool:
        rest = (self._decompressor.unused_data or self._packed.read(_CHUNK)).lstrip(b"\0")
        while not rest and (more := self._packed.read(_CHUNK)):
            rest = more.lstrip(b"\0")
        if not rest:
            self._ended = True
            return False
        self._decompressor, self._pending = self._new(), rest
        return True

    def _count(self, part: bytes) -> bytes:
        self._left -= len(part)
        self._room -= len(part)
        if self._left < 0 or self._room < 0:
            raise HostileArchive("The archive unpacks to far more than a dump of its size holds.")
        return part

    @staticmethod
    def _new() -> lzma.LZMADecompressor:
        return lzma.LZMADecompressor(format=lzma.FORMAT_XZ, memlimit=_MEMORY)
