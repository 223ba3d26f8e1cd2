"""Makes a dump in the Stack Exchange format out of nothing: same files, same attributes, same loose ends.

python -m tests.transfer.make_dump FOLDER --questions 300
"""

import argparse
import random
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.sax.saxutils import quoteattr

SITE = "gardening.stackexchange.com"
TAGS = ("soil", "pruning", "roses", "compost", "pests", "watering", "seeds", "indoor")
FILES = ("Users", "Tags", "Posts", "PostHistory", "Comments", "PostLinks", "Votes", "Badges")
_START = datetime(2017, 2, 3, 9, 15, 42, 120000, tzinfo=UTC)
_WORDS = [
    "leaf",
    "root",
    "bucket",
    "evening",
    "frost",
    "hedge",
    "ladder",
    "moss",
    "patient",
    "stone",
    "watering",
    "winter",
    "yellow",
    "spade",
    "bed",
    "slope",
    "shade",
    "worm",
    "trellis",
    "cutting",
    "bark",
    "straw",
    "kettle",
    "drain",
]

Row = dict[str, object]


@dataclass
class FakeDump:
    """The rows of each file, by the file's name without `.xml`; change them before writing."""

    rows: dict[str, list[Row]] = field(default_factory=lambda: {name: [] for name in FILES})

    def write(self, folder: Path) -> Path:
        """One XML file per kind, as the source writes them: BOM, one row a line."""
        folder.mkdir(parents=True, exist_ok=True)
        for name in FILES:
            (folder / f"{name}.xml").write_bytes(xml(name.lower(), self.rows[name]))
        return folder

    def row(self, name: str, row_id: int) -> Row:
        """The row of a file with this Id."""
        return next(row for row in self.rows[name] if row["Id"] == row_id)


def xml(root: str, rows: Iterable[Row]) -> bytes:
    """A file of the dump."""
    lines = [f"  <row {_attributes(row)} />" for row in rows]
    text = "\n".join(['<?xml version="1.0" encoding="utf-8"?>', f"<{root}>", *lines, f"</{root}>"])
    return b"\xef\xbb\xbf" + text.encode()


def _attributes(row: Row) -> str:
    breaks = {"\n": "&#xA;", "\r": "&#xD;"}
    return " ".join(f"{key}={quoteattr(str(value), breaks)}" for key, value in row.items())


def pack(folder: Path, archive: Path) -> Path:
    """The folder as `.tar.xz`."""
    with tarfile.open(archive, "w:xz") as tar:
        tar.add(folder, arcname=folder.name)
    return archive


def fake_dump(*, questions: int = 300, users: int = 400, seed: int = 1) -> FakeDump:
    """A community of this size, one question without author; the same for the same arguments."""
    return _Maker(random.Random(seed), users).make(questions)


class _Maker:
    """Ids run per file, times run on; each question has 0 to 3 answers."""

    def __init__(self, dice: random.Random, users: int) -> None:
        self.dice = dice
        self.dump = FakeDump()
        self.users = users
        self.at = _START

    def make(self, questions: int) -> FakeDump:
        self._users()
        for tag_id, tag in enumerate(TAGS, start=1):
            self._tag(tag_id, tag)
        for number in range(1, questions):
            self._question(number)
        self._leftovers()
        return self.dump

    def _add(self, name: str, **values: object) -> Row:
        rows = self.dump.rows[name]
        last = rows[-1]["Id"] if rows else 0
        assert isinstance(last, int)
        row: Row = {"Id": max(last, 0) + 1, **values}
        rows.append(row)
        return row

    def _when(self) -> str:
        self.at += timedelta(minutes=self.dice.randint(1, 90), milliseconds=self.dice.randint(0, 999))
        return _time(self.at)

    def _person(self) -> int:
        return self.dice.randint(1, self.users)

    def _text(self, words: int) -> str:
        return " ".join(self.dice.choices(_WORDS, k=words)).capitalize() + "."

    def _users(self) -> None:
        bot: Row = {"Id": -1, "Reputation": 1, "CreationDate": self._when(), "DisplayName": "Community"}
        self.dump.rows["Users"].append(bot)
        for number in range(1, self.users + 1):
            row = self._add(
                "Users",
                Reputation=number * 7,
                CreationDate=self._when(),
                DisplayName=f"Gärtner {number % 300}",
            )
            row["LastAccessDate"] = self._when()
            if number % 2:
                row["AboutMe"] = f"<p>I grow <b>{self.dice.choice(TAGS)}</b>.</p>\n"

    def _tag(self, tag_id: int, tag: str) -> None:
        wiki, excerpt = self._post(5), self._post(4)
        self._add("Tags", TagName=tag, Count=1, ExcerptPostId=excerpt["Id"], WikiPostId=wiki["Id"])
        assert tag_id == self.dump.rows["Tags"][-1]["Id"]

    def _post(self, kind: int, **values: object) -> Row:
        when, source = self._when(), f"{self._text(20)}\r\n\r\n- **{self._text(3)}**\r\n- `{self._text(2)}`"
        html = f"<p>{source.split('.')[0]}.</p>\n\n<ul>\n<li><strong>x</strong></li>\n</ul>\n"
        row = self._add(
            "Posts", PostTypeId=kind, CreationDate=when, Score=self.dice.randint(-2, 9), Body=html
        )
        row |= {"OwnerUserId": self._person(), "LastActivityDate": when, "CommentCount": 0, **values}
        self._history(row, 2, source, "1")
        return row

    def _history(self, post: Row, kind: int, text: str, guid: str) -> None:
        post_id = post["Id"]
        assert isinstance(post_id, int)
        self._add(
            "PostHistory",
            PostHistoryTypeId=kind,
            PostId=post_id,
            RevisionGUID=f"{post_id:08x}-0000-4000-8000-00000000000{guid}",
            CreationDate=post["CreationDate"] if guid == "1" else self._when(),
            UserId=post["OwnerUserId"],
            Text=text,
        )

    def _question(self, number: int) -> None:
        tags = self.dice.sample(TAGS, k=self.dice.randint(1, 3))
        marked = "".join(f"<{tag}>" for tag in tags)
        title = f"How do I {self.dice.choice(_WORDS)} the {self.dice.choice(_WORDS)} ({number})?"
        question = self._post(1, Title=title, Tags=marked, ViewCount=self.dice.randint(1, 900), AnswerCount=0)
        self._history(question, 1, title, "1")
        self._history(question, 3, marked, "1")
        self._on_post(question)
        answers = [self._post(2, ParentId=question["Id"]) for _ in range(self.dice.randint(0, 3))]
        question["AnswerCount"] = len(answers)
        for answer in answers:
            self._on_post(answer)
        if answers and number % 2:
            question["AcceptedAnswerId"] = answers[-1]["Id"]
            self._vote(answers[-1], 1)
        if number % 10 == 0:
            question["ClosedDate"] = self._when()
            self._history(question, 10, '{"Voters":[]}', "3")
        if number % 20 == 0:
            kind = 3 if number % 40 == 0 else 1
            related = self.dump.rows["Posts"][-1 - len(answers)]["Id"]
            first = next(row["Id"] for row in self.dump.rows["Posts"] if row["PostTypeId"] == 1)
            self._add(
                "PostLinks", CreationDate=self._when(), PostId=related, RelatedPostId=first, LinkTypeId=kind
            )

    def _on_post(self, post: Row) -> None:
        for _ in range(self.dice.randint(0, 4)):
            self._comment(post)
        for _ in range(self.dice.randint(0, 5)):
            self._vote(post, self.dice.choice((2, 2, 2, 3)))
        if self.dice.random() < 0.3:
            text = f"{self._text(25)}\r\n\r\n    a code line\r\n"
            self._history(post, 5, text, "2")
            post |= {"LastEditorUserId": post["OwnerUserId"], "LastEditDate": _time(self.at)}
            self._history(post, 24, "", "2")

    def _comment(self, post: Row) -> None:
        text = f"{self._text(8)} See https://example.org/{self.dice.choice(TAGS)}, *please*."
        row = self._add("Comments", PostId=post["Id"], Score=self.dice.randint(0, 3), Text=text)
        row |= {"CreationDate": self._when(), "UserId": self._person()}
        count = post["CommentCount"]
        assert isinstance(count, int)
        post["CommentCount"] = count + 1

    def _vote(self, post: Row, kind: int) -> None:
        self._add("Votes", PostId=post["Id"], VoteTypeId=kind, CreationDate=_time(_midnight(self.at)))

    def _leftovers(self) -> None:
        """What real dumps hold too: an orphan without account, votes and links on posts long deleted."""
        orphan = self._post(1, Title="Who left this here?", Tags="<soil>", ViewCount=1, AnswerCount=0)
        orphan["OwnerDisplayName"] = "user12345"
        del orphan["OwnerUserId"], self.dump.rows["PostHistory"][-1]["UserId"]
        gone: Row = {"Id": 99_999}
        for kind in (2, 3, 10, 15):
            self._vote(gone, kind)
        bookmark = {"PostId": orphan["Id"], "VoteTypeId": 5, "CreationDate": self._when(), "UserId": 1}
        self._add("Votes", **bookmark)
        self._add(
            "PostLinks", CreationDate=self._when(), PostId=orphan["Id"], RelatedPostId=99_999, LinkTypeId=1
        )
        for user_id in range(1, self.users + 1, 3):
            self._add(
                "Badges", UserId=user_id, Name="Green thumb", Date=self._when(), Class=3, TagBased=False
            )


def _time(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03}"


def _midnight(at: datetime) -> datetime:
    return at.replace(hour=0, minute=0, second=0, microsecond=0)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--questions", type=int, default=300)
    parser.add_argument("--users", type=int, default=400)
    parser.add_argument("--pack", action="store_true", help="write FOLDER.tar.xz too")
    return parser.parse_args()


def rows_of(dump: FakeDump) -> Iterator[tuple[str, int]]:
    """The number of rows of each file."""
    return ((f"{name}.xml", len(rows)) for name, rows in dump.rows.items())


if __name__ == "__main__":
    arguments = _arguments()
    made = fake_dump(questions=arguments.questions, users=arguments.users).write(arguments.folder)
    if arguments.pack:
        pack(made, made.with_name(made.name + ".tar.xz"))
