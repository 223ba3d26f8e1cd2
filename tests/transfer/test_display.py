"""The line that tells where a text comes from."""

from pathlib import Path

from sqlalchemy import select

from shared.tools import transfer
from shared.tools.questions.kind import KIND
from shared.tools.topics.catalog import Catalog
from shared.tools.topics.models import Topic
from shared.tools.topics.reading import TopicReader
from shared.tools.transfer.display import SOURCE
from shared.web.templates import Pages
from tests.fixtures.databases import Db
from tests.transfer.importing import Importer
from tests.transfer.make_dump import SITE, FakeDump


async def test_a_topic_page_names_source_author_and_licence(db: Db, small: FakeDump, tmp_path: Path) -> None:
    importer = Importer(db)
    await importer.run(small.write(tmp_path / SITE))
    row = next(row for row in small.rows["Posts"] if row.get("AnswerCount"))
    topic_id = (await importer.one("post", row["Id"])).topic_id
    assert await db.session.scalar(select(Topic.id).where(Topic.id == topic_id))
    topic, replies = await TopicReader(importer.ctx, Catalog((KIND,), extensions=(SOURCE,))).page(topic_id)
    assert topic.post.extensions["source"]["url"] == f"https://{SITE}/q/{row['Id']}"
    assert all(f"https://{SITE}/a/" in reply.extensions["source"]["url"] for reply in replies.data)
    line = source_line(topic.post.extensions["source"])
    assert f'href="https://{SITE}/q/{row["Id"]}"' in line
    assert f'href="https://{SITE}/users/{row["OwnerUserId"]}"' in line
    assert 'href="https://creativecommons.org/licenses/by-sa/3.0/"' in line


def source_line(source: dict[str, object]) -> str:
    folder = Path(transfer.__path__[0]) / "templates"
    environment = Pages({}, {"transfer": folder}).environment
    template = environment.from_string(
        '{% from "transfer/source.html" import source_line %}{{ source_line(source) }}'
    )
    return template.render(source=source)


def test_names_are_escaped() -> None:
    source = {"site": SITE, "url": f"https://{SITE}/q/1", "author_url": None, "licence": "<b>"}
    line = source_line({**source, "author_name": "<script>"})
    assert "<script>" not in line
    assert "<b>" not in line
