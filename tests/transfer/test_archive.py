"""Opening dumps: good ones, cut ones, and ones made to do harm."""

import io
import lzma
import tarfile
from pathlib import Path

import pytest

from shared.tools.transfer.stackexchange.archive import DumpFile, Limits, open_dump
from shared.tools.transfer.stackexchange.errors import (
    DamagedArchive,
    DumpError,
    HostileArchive,
    NotADump,
    SiteUnknown,
)
from shared.tools.transfer.stackexchange.validate import validate
from tests.transfer.make_dump import SITE, FakeDump

Entry = tuple[tarfile.TarInfo, bytes]


def entry(name: str, content: bytes = b"", kind: bytes = tarfile.REGTYPE, link: str = "") -> Entry:
    info = tarfile.TarInfo(name)
    info.size, info.type, info.linkname = len(content), kind, link
    return info, content


def archive_of(path: Path, *entries: Entry) -> Path:
    with tarfile.open(path, "w:xz") as tar:
        for info, content in entries:
            tar.addfile(info, io.BytesIO(content))
    return path


def refused(path: Path, limits: Limits | None = None) -> DumpError:
    with pytest.raises(DumpError) as caught, open_dump(path, limits=limits):
        pass
    assert "\n" not in str(caught.value)
    return caught.value


def all_files(folder: Path) -> list[Entry]:
    return [entry(f"dump/{file}", (folder / file).read_bytes()) for file in DumpFile]


def test_a_folder_and_its_archive_hold_the_same(dump_folder: Path, dump_archive: Path) -> None:
    with open_dump(dump_folder) as folder, open_dump(dump_archive) as archive:
        for file in DumpFile:
            with folder.open(file) as one, archive.open(file) as other:
                assert one.read() == other.read()
        assert folder.site() == archive.site() == SITE
        unpacked = archive.files[DumpFile.POSTS]
    assert not unpacked.exists()


def test_a_name_that_tells_no_site_asks_for_one(small: FakeDump, tmp_path: Path) -> None:
    folder = small.write(tmp_path / "export")
    with open_dump(folder) as dump:
        with pytest.raises(SiteUnknown, match="SITE="):
            validate(dump)
        assert dump.site("https://COOKING.stackexchange.com/") == "cooking.stackexchange.com"
        for wrong in ("javascript:alert(1)", "no host", "a/b.com", "x"):
            with pytest.raises(DumpError, match="host name"):
                dump.site(wrong)


@pytest.mark.parametrize("keep", [0, 10, 0.3, 0.6, 0.99])
def test_a_cut_archive_is_damaged(dump_archive: Path, tmp_path: Path, keep: float) -> None:
    packed = dump_archive.read_bytes()
    cut = tmp_path / "cut.tar.xz"
    cut.write_bytes(packed[: int(keep if keep > 1 else keep * len(packed))])
    assert isinstance(refused(cut), DamagedArchive)


def test_an_archive_cut_before_packing_is_damaged(dump_archive: Path, tmp_path: Path) -> None:
    tar = lzma.decompress(dump_archive.read_bytes())
    cut = tmp_path / "cut.tar.xz"
    for size in (700, 100_000, len(tar) // 2):
        cut.write_bytes(lzma.compress(tar[:size]))
        assert isinstance(refused(cut), DamagedArchive | NotADump)


def test_a_flipped_byte_is_damage(dump_archive: Path, tmp_path: Path) -> None:
    packed = bytearray(dump_archive.read_bytes())
    packed[len(packed) // 2] ^= 0xFF
    spoilt = tmp_path / "spoilt.tar.xz"
    spoilt.write_bytes(packed)
    assert isinstance(refused(spoilt), DamagedArchive)


def test_something_else_is_no_dump(tmp_path: Path) -> None:
    other = tmp_path / "dump.zip"
    other.write_bytes(b"PK")
    assert isinstance(refused(other), NotADump)
    assert isinstance(refused(tmp_path / "nothing"), NotADump)
    text = tmp_path / "text.tar.xz"
    text.write_text("hello")
    assert isinstance(refused(text), DamagedArchive)


def test_a_missing_file_is_named(dump_folder: Path, tmp_path: Path) -> None:
    path = archive_of(tmp_path / "a.tar.xz", *all_files(dump_folder)[:-2])
    assert "Votes.xml, Badges.xml missing" in str(refused(path))


@pytest.mark.parametrize(
    "bad",
    [
        entry("../Posts.xml", b"x"),
        entry("/etc/Posts.xml", b"x"),
        entry("a/../../Posts.xml", b"x"),
        entry("Posts.xml", kind=tarfile.SYMTYPE, link="/etc/passwd"),
        entry("Posts.xml", kind=tarfile.LNKTYPE, link="Users.xml"),
        entry("Posts.xml", kind=tarfile.CHRTYPE),
        entry("Posts.xml", kind=tarfile.FIFOTYPE),
    ],
    ids=lambda e: f"{e[0].name}-{e[0].type!r}",
)
def test_what_no_dump_holds_is_hostile(tmp_path: Path, bad: Entry) -> None:
    assert isinstance(refused(archive_of(tmp_path / "a.tar.xz", bad)), HostileArchive)


def test_a_file_given_twice_is_hostile(dump_folder: Path, tmp_path: Path) -> None:
    files = all_files(dump_folder)
    path = archive_of(tmp_path / "a.tar.xz", *files, entry("other/Users.xml", b"<users/>"))
    assert "twice" in str(refused(path))


def test_other_files_are_left_aside(dump_folder: Path, tmp_path: Path) -> None:
    path = archive_of(tmp_path / "a.tar.xz", entry("dump/readme.txt", b"hi"), *all_files(dump_folder))
    with open_dump(path) as dump:
        assert dump.ignored == ("dump/readme.txt",)
        assert len(dump.files) == len(DumpFile)


def test_a_bomb_stops_at_its_budget(tmp_path: Path) -> None:
    bomb = archive_of(tmp_path / "bomb.tar.xz", entry("Posts.xml", b"\0" * 80_000_000))
    assert bomb.stat().st_size < 100_000
    assert "unpacks to far more" in str(refused(bomb))


def test_a_huge_extended_header_is_not_read_into_memory(tmp_path: Path) -> None:
    header = entry("x", b"\0" * 20_000_000, kind=tarfile.XHDTYPE)
    assert isinstance(refused(archive_of(tmp_path / "a.tar.xz", header)), HostileArchive)


def test_too_many_entries_are_hostile(tmp_path: Path) -> None:
    many = [entry(f"{n}.txt") for n in range(100)]
    assert "more than 64 entries" in str(refused(archive_of(tmp_path / "a.tar.xz", *many)))


def test_a_linked_file_in_a_folder_is_refused(small: FakeDump, tmp_path: Path) -> None:
    folder = small.write(tmp_path / SITE)
    (folder / "Tags.xml").rename(tmp_path / "elsewhere.xml")
    (folder / "Tags.xml").symlink_to(tmp_path / "elsewhere.xml")
    assert isinstance(refused(folder), HostileArchive)


def test_a_folder_over_the_limit_is_refused(dump_folder: Path) -> None:
    assert "size limit" in str(refused(dump_folder, Limits(file=1000)))
