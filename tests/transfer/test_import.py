"""Writing a dump: everything arrives, once, and every row is accounted for."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select

from shared.tools.people.models import Person
from shared.tools.questions.models import Question
from shared.tools.spaces.models import Space
from shared.tools.topics.models import PostRevision, Topic
from shared.tools.transfer.service import NoQuestionsHere
from shared.tools.transfer.stackexchange.errors import DumpRefused
from tests.fixtures.databases import Db
from tests.transfer.importing import Importer
from tests.transfer.make_dump import SITE, FakeDump, rows_of


@pytest.fixture
def importer(db: Db) -> Importer:
    return Importer(db)


async def test_a_dump_of_300_questions_arrives_whole(
    importer: Importer, whole: FakeDump, dump_archive: Path
) -> None:
    report = await importer.run(dump_archive)
    counts = await importer.counts()
    kinds = [row["PostTypeId"] for row in whole.rows["Posts"]]
    assert counts["topics"] == counts["questions"] == kinds.count(1) == 300
    assert counts["posts"] == counts["post_attributions"]
    assert counts["posts"] == 300 + kinds.count(2) + len(whole.rows["Comments"])
    assert report.files["Users.xml"].imported == len(whole.rows["Users"])
    accepted = await importer.db.session.scalar(select(func.count(Question.accepted_post_id)))
    assert accepted == sum("AcceptedAnswerId" in row for row in whole.rows["Posts"])
    space = await importer.db.session.scalar(select(Space).where(Space.slug == "garden"))
    assert space is not None
    assert space.topic_count == 300


async def test_the_report_accounts_for_every_row(
    importer: Importer, whole: FakeDump, dump_folder: Path
) -> None:
    report = await importer.run(dump_folder)
    assert not report.unaccounted()
    assert {name: file.rows for name, file in report.files.items()} == dict(rows_of(whole))
    for name, file in report.files.items():
        assert file.imported + sum(file.merged.values()) + sum(file.skipped.values()) == file.rows, name
    assert report.files["Badges.xml"].skipped == {
        "a badge has no counterpart here": len(whole.rows["Badges"])
    }


async def test_twice_is_as_once(importer: Importer, dump_folder: Path) -> None:
    first = await importer.run(dump_folder)
    before = await importer.counts()
    second = await importer.run(dump_folder)
    assert await importer.counts() == before
    assert not second.unaccounted()
    for name, file in second.files.items():
        assert file.imported == 0
        assert file.merged["imported before"] == first.files[name].imported
        assert file.skipped == first.files[name].skipped


async def test_a_newer_dump_adds_what_is_new(importer: Importer, small: FakeDump, tmp_path: Path) -> None:
    folder = tmp_path / SITE
    await importer.run(small.write(folder))
    before = await importer.counts()
    question = next(row for row in small.rows["Posts"] if row["PostTypeId"] == 1)
    asked = await importer.one("post", question["Id"])
    late = {**small.rows["Comments"][0], "Id": 9000, "PostId": question["Id"], "Text": "Late", "UserId": 1}
    small.rows["Comments"].append(late | {"CreationDate": "2019-01-01T00:00:00.000"})
    small.rows["PostHistory"].append(
        {**small.rows["PostHistory"][0], "Id": 9000, "PostId": question["Id"], "PostHistoryTypeId": 5}
    )
    report = await importer.run(small.write(folder))
    after = await importer.counts()
    assert after == before | {
        "posts": before["posts"] + 1,
        "post_attributions": before["post_attributions"] + 1,
        "imported_records": before["imported_records"] + 1,
    }
    assert report.files["PostHistory.xml"].skipped["its post was imported before and stays as it is"] == 1
    comment = await importer.one("comment", 9000)
    assert comment.reply_to == asked.id
    topic = await importer.db.session.get(Topic, asked.topic_id, populate_existing=True)
    assert topic is not None
    assert topic.last_post_at == datetime(2019, 1, 1, tzinfo=UTC)


async def test_a_question_keeps_words_times_score_and_source(
    importer: Importer, small: FakeDump, tmp_path: Path
) -> None:
    row = next(row for row in small.rows["Posts"] if row["PostTypeId"] == 1)
    await importer.run(small.write(tmp_path / SITE))
    post = await importer.one("post", row["Id"])
    topic = await importer.db.session.get(Topic, post.topic_id)
    assert topic is not None
    assert post.is_first
    assert topic.title == row["Title"]
    assert "".join(f"<{tag}>" for tag in topic.tags) == row["Tags"]
    assert post.created_at.isoformat(timespec="milliseconds") == f"{row['CreationDate']}+00:00"
    assert post.score == row["Score"]
    given = await importer.attribution(post)
    assert given.source_url == f"https://{SITE}/q/{row['Id']}"
    assert given.author_url == f"https://{SITE}/users/{row['OwnerUserId']}"
    assert given.author_name == small.row("Users", int(str(row["OwnerUserId"])))["DisplayName"]
    assert given.licence == "CC BY-SA 3.0"
    assert given.imported_score == row["Score"]
    author = await importer.db.session.get(Person, post.author_id)
    assert author is not None
    assert author.sub is None
    assert author.name == given.author_name


async def test_history_is_kept_as_what_was_said_before(
    importer: Importer, small: FakeDump, tmp_path: Path
) -> None:
    row = next(row for row in small.rows["Posts"] if row["PostTypeId"] == 1)
    small.rows["PostHistory"] = [
        {"Id": 1, "PostHistoryTypeId": 2, "Text": "First *words*", "RevisionGUID": f"{1:032x}"},
        {"Id": 2, "PostHistoryTypeId": 1, "Text": "Old title", "RevisionGUID": f"{1:032x}"},
        {"Id": 3, "PostHistoryTypeId": 3, "Text": "<old>", "RevisionGUID": f"{1:032x}"},
        {"Id": 4, "PostHistoryTypeId": 5, "Text": "Second\r\n\r\n- words", "Comment": "clearer"},
        {"Id": 5, "PostHistoryTypeId": 6, "Text": "<new><old>"},
    ]
    for number, revision in enumerate(small.rows["PostHistory"]):
        at = (
            f"2017-02-04T10:0{number // 3 + number % 3 // 2}:00.000"
            if number < 3
            else f"2017-02-05T1{number}:00:00"
        )
        revision |= {"PostId": row["Id"], "CreationDate": at, "UserId": 3}
    await importer.run(small.write(tmp_path / SITE))
    post = await importer.one("post", row["Id"])
    assert post.body == "Second\n\n- words"
    assert "<li>words</li>" in post.html
    assert post.edit_count == 2
    assert post.edited_at == datetime(2017, 2, 5, 14, tzinfo=UTC)
    revisions = await importer.db.session.scalars(
        select(PostRevision).where(PostRevision.post_id == post.id).order_by(PostRevision.number)
    )
    kept = [(r.number, r.body, r.title, r.tags, r.reason, r.created_at.hour) for r in revisions]
    assert kept == [
        (1, "First *words*", "Old title", ["old"], "clearer", 13),
        (2, "Second\n\n- words", "Old title", ["old"], "", 14),
    ]


async def test_a_post_without_history_keeps_its_html(
    importer: Importer, small: FakeDump, tmp_path: Path
) -> None:
    row = next(row for row in small.rows["Posts"] if row["PostTypeId"] == 1)
    row["Body"] = (
        "<p>One</p>\n\n<pre><code>a\n\n*b*\n</code></pre>\n\n"
        "<script>alert(1)</script><p onclick='x()'>Two</p>"
    )
    small.rows["PostHistory"] = []
    await importer.run(small.write(tmp_path / SITE))
    post = await importer.one("post", row["Id"])
    assert "<code>a\n\n*b*\n</code>" in post.html
    assert "alert" not in post.html
    assert "onclick" not in post.html


async def test_answers_comments_and_acceptance_lie_where_they_belong(
    importer: Importer, small: FakeDump, tmp_path: Path
) -> None:
    await importer.run(small.write(tmp_path / SITE))
    for row in small.rows["Posts"]:
        if row["PostTypeId"] == 1:
            topic_id = (await importer.one("post", row["Id"])).topic_id
            question = await importer.db.session.get(Question, topic_id)
            topic = await importer.db.session.get(Topic, topic_id)
            assert question is not None
            assert topic is not None
            assert topic.reply_count == row["AnswerCount"]
            assert (topic.closed_at is not None) is ("ClosedDate" in row)
            if "AcceptedAnswerId" in row:
                assert question.accepted_post_id == (await importer.one("post", row["AcceptedAnswerId"])).id
                assert question.accepted_at is not None
        elif row["PostTypeId"] == 2:
            answer = await importer.one("post", row["Id"])
            assert answer.topic_id == (await importer.one("post", row["ParentId"])).topic_id
            assert answer.comment_count == row["CommentCount"]
    for row in small.rows["Comments"]:
        comment, parent = await importer.one("comment", row["Id"]), await importer.one("post", row["PostId"])
        assert (comment.reply_to, comment.topic_id) == (parent.id, parent.topic_id)
        assert "<a href=" in comment.html


async def test_who_is_not_in_the_dump_is_named_all_the_same(
    importer: Importer, small: FakeDump, tmp_path: Path
) -> None:
    await importer.run(small.write(tmp_path / SITE))
    orphan = next(row for row in small.rows["Posts"] if "OwnerDisplayName" in row)
    post = await importer.one("post", orphan["Id"])
    given = await importer.attribution(post)
    assert (given.author_name, given.author_url) == ("user12345", None)
    author = await importer.db.session.get(Person, post.author_id)
    assert author is not None
    assert author.synthetic


async def test_a_bad_dump_writes_nothing(importer: Importer, small: FakeDump, tmp_path: Path) -> None:
    before = await importer.counts()
    small.rows["Badges"].append(dict(small.rows["Badges"][0]))
    with pytest.raises(DumpRefused):
        await importer.run(small.write(tmp_path / SITE))
    assert await importer.counts() == before


async def test_a_space_for_other_kinds_is_not_filled(
    importer: Importer, small: FakeDump, tmp_path: Path
) -> None:
    values = {"slug": "chat", "name": "Chat", "kinds": ["discussion"]}
    importer.db.session.add(Space(id=SPACE_ID, created_at=datetime(2026, 1, 1, tzinfo=UTC), **values))
    await importer.db.session.flush()
    with pytest.raises(NoQuestionsHere, match="chat takes discussion"):
        await importer.run(small.write(tmp_path / SITE), space="chat")


SPACE_ID = "0198b4c2-7d5a-7e0b-9c4f-2b1f6a3d8e10"
