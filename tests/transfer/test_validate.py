"""Validation: what makes a dump bad, and what is only left out."""

from collections.abc import Callable
from pathlib import Path

import pytest

from shared.tools.transfer.stackexchange.archive import open_dump
from shared.tools.transfer.stackexchange.errors import DumpRefused
from shared.tools.transfer.stackexchange.validate import Finding, Level, ValidatedDump, validate
from tests.transfer.make_dump import SITE, FakeDump, rows_of


def validated(dump: FakeDump, tmp_path: Path) -> ValidatedDump:
    with open_dump(dump.write(tmp_path / SITE)) as opened:
        return validate(opened)


def found(result: ValidatedDump, file: str, reason: str) -> Finding:
    return next(f for f in result.findings if f.file == file and reason in f.reason)


def test_a_good_dump_is_whole(dump_folder: Path, dump_archive: Path) -> None:
    with open_dump(dump_folder) as folder, open_dump(dump_archive) as archive:
        one, other = validate(folder), validate(archive)
    assert one.rows == other.rows
    assert one.findings == other.findings
    assert not [f for f in one.findings if f.level is Level.NOTE]
    assert one.site == SITE


def test_rows_are_counted(small: FakeDump, tmp_path: Path) -> None:
    assert {str(file): n for file, n in validated(small, tmp_path).rows.items()} == dict(rows_of(small))


Spoil = Callable[[FakeDump], object]
DANGLING: list[tuple[str, Spoil, str, Level, str]] = [
    (
        "answer",
        lambda d: answer(d).update(ParentId=5000),
        "Posts.xml",
        Level.SKIP,
        "question is not in the dump",
    ),
    (
        "grandchild",
        lambda d: answer(d).update(ParentId=answer(d)["Id"]),
        "Posts.xml",
        Level.SKIP,
        "not a question",
    ),
    (
        "owner",
        lambda d: answer(d).update(OwnerUserId=777),
        "Posts.xml",
        Level.NOTE,
        "author is not in the dump",
    ),
    (
        "accepted",
        lambda d: question(d).update(AcceptedAnswerId=5000),
        "Posts.xml",
        Level.NOTE,
        "accepted answer",
    ),
    (
        "comment",
        lambda d: d.row("Comments", 1).update(PostId=5000),
        "Comments.xml",
        Level.SKIP,
        "post is not in",
    ),
    (
        "commenter",
        lambda d: d.row("Comments", 1).update(UserId=777),
        "Comments.xml",
        Level.NOTE,
        "author is not",
    ),
    (
        "history",
        lambda d: d.row("PostHistory", 1).update(PostId=5000),
        "PostHistory.xml",
        Level.SKIP,
        "post is not",
    ),
    ("badge", lambda d: d.row("Badges", 1).update(UserId=777), "Badges.xml", Level.SKIP, "person is not in"),
    (
        "vote",
        lambda d: d.row("Votes", 1).update(PostId=5000),
        "Votes.xml",
        Level.SKIP,
        "post is not in the dump",
    ),
]


def question(dump: FakeDump) -> dict[str, object]:
    return next(row for row in dump.rows["Posts"] if row["PostTypeId"] == 1)


def answer(dump: FakeDump) -> dict[str, object]:
    return next(row for row in dump.rows["Posts"] if row["PostTypeId"] == 2)


@pytest.mark.parametrize(("name", "spoil", "file", "level", "reason"), DANGLING, ids=[d[0] for d in DANGLING])
def test_dangling_references_cost_the_row_at_most(
    small: FakeDump, tmp_path: Path, name: str, spoil: Spoil, file: str, level: Level, reason: str
) -> None:
    spoil(small)
    finding = found(validated(small, tmp_path), file, reason)
    assert finding.level is level
    assert finding.rows


def refused(dump: FakeDump, tmp_path: Path) -> DumpRefused:
    with pytest.raises(DumpRefused, match="nothing was written") as caught:
        validated(dump, tmp_path)
    return caught.value


def test_a_doubled_id_is_bad(small: FakeDump, tmp_path: Path) -> None:
    small.rows["Comments"].append(dict(small.rows["Comments"][0]))
    error = refused(small, tmp_path)
    assert error.total == 1
    assert "Comments.xml line" in error.errors[0]
    assert "comes twice" in error.errors[0]


def test_all_errors_are_told_at_once(small: FakeDump, tmp_path: Path) -> None:
    small.row("Users", 3)["CreationDate"] = "soon"
    small.row("Votes", 2)["PostId"] = "x"
    for row in small.rows["Comments"]:
        row["Score"] = "many"
    error = refused(small, tmp_path)
    assert error.total == 2 + len(small.rows["Comments"])
    assert len(error.errors) == 20
    assert f"and {error.total - 20} more" in str(error)
    assert "Users.xml line" in error.errors[0]


def test_a_file_cut_in_the_middle_is_bad(small: FakeDump, tmp_path: Path) -> None:
    folder = small.write(tmp_path / SITE)
    whole = (folder / "Comments.xml").read_bytes()
    (folder / "Comments.xml").write_bytes(whole[: len(whole) // 2])
    with open_dump(folder) as dump, pytest.raises(DumpRefused, match=r"Comments\.xml line \d+: broken XML"):
        validate(dump)
