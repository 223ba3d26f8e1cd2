"""An imported person becomes an account's, by a manager's hand, once."""

from datetime import UTC, datetime
from pathlib import Path
from typing import cast
from uuid import UUID

import pytest
from sqlalchemy import Table, func, select

from shared.db.context import Context
from shared.kernel.actor import ANYONE, GUEST, MEMBERS, Actor
from shared.kernel.errors import Forbidden, NotFound, Problem, Unauthenticated
from shared.kernel.ids import new_id
from shared.tools.people.models import Person
from shared.tools.topics.models import Post, Topic
from shared.tools.transfer.links import links_of
from shared.tools.transfer.merging import (
    AUTHORSHIP,
    AlreadyMerged,
    NotAnAccount,
    NotImported,
    merge_person,
)
from shared.tools.transfer.models import ImportedRecord, PostAttribution, TopicLink
from shared.tools.transfer.service import OPERATOR
from tests.fixtures.databases import Db
from tests.transfer.importing import TABLES, Importer
from tests.transfer.make_dump import SITE, FakeDump

MEMBER = Actor(person_id=new_id(), groups=(ANYONE, MEMBERS))


@pytest.fixture
async def importer(db: Db, small: FakeDump, tmp_path: Path) -> Importer:
    made = Importer(db)
    await made.run(small.write(tmp_path / SITE))
    return made


async def account(db: Db, *, active: bool = True) -> Person:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    person = Person(id=new_id(), sub=str(new_id()), name="Ada", active=active, created_at=now, updated_at=now)
    db.session.add(person)
    await db.session.flush()
    return person


def ctx_of(importer: Importer, actor: Actor = OPERATOR) -> Context:
    ctx = importer.ctx
    ctx.actor = actor
    return ctx


async def author_with_posts(importer: Importer) -> UUID:
    found = await importer.db.session.scalar(
        select(Person.id)
        .join(Post, Post.author_id == Person.id)
        .where(Person.synthetic.is_(False))
        .group_by(Person.id)
        .order_by(func.count().desc(), Person.id)
        .limit(1)
    )
    assert found is not None
    return found


async def posts_by(db: Db, person: UUID) -> int:
    return await db.session.scalar(select(func.count()).where(Post.author_id == person)) or 0


async def test_what_was_written_is_the_accounts_from_then_on(
    importer: Importer, small: FakeDump, tmp_path: Path
) -> None:
    ada, author = await account(importer.db), await author_with_posts(importer)
    written = await posts_by(importer.db, author)
    await merge_person(ctx_of(importer), author, ada.id)
    assert (await posts_by(importer.db, author), await posts_by(importer.db, ada.id)) == (0, written)
    merged = await importer.db.session.get(Person, author, populate_existing=True)
    assert merged is not None
    assert (merged.merged_into, merged.active) == (ada.id, False)
    names = await importer.db.session.scalars(
        select(PostAttribution.author_name).join(Post).where(Post.author_id == ada.id).distinct()
    )
    assert list(names) == [merged.name]
    user_id = await importer.db.session.scalar(
        select(ImportedRecord.external_id).where(
            ImportedRecord.kind == "user", ImportedRecord.local_id == ada.id
        )
    )
    late = {**small.rows["Comments"][0], "Id": 9000, "UserId": user_id}
    small.rows["Comments"].append(late)
    report = await importer.run(small.write(tmp_path / SITE))
    assert report.files["Users.xml"].imported == 0
    assert (await importer.one("comment", 9000)).author_id == ada.id


@pytest.mark.parametrize(
    ("actor", "refusal"), [(GUEST, Unauthenticated), (MEMBER, Forbidden)], ids=["guest", "member"]
)
async def test_only_managers_merge(importer: Importer, actor: Actor, refusal: type[Problem]) -> None:
    ada, author = await account(importer.db), await author_with_posts(importer)
    with pytest.raises(refusal):
        await merge_person(ctx_of(importer, actor), author, ada.id)


async def test_what_cannot_be_merged_is_refused(importer: Importer) -> None:
    ctx, ada, author = ctx_of(importer), await account(importer.db), await author_with_posts(importer)
    former = await importer.one("user", -1)
    gone = await account(importer.db, active=False)
    for imported, into, refusal in (
        (ada.id, ada.id, NotImported),
        (former.id, ada.id, NotImported),
        (author, gone.id, NotAnAccount),
        (author, former.id, NotAnAccount),
        (author, new_id(), NotFound),
        (new_id(), ada.id, NotFound),
    ):
        with pytest.raises(refusal):
            await merge_person(ctx, imported, into)
    await merge_person(ctx, author, ada.id)
    with pytest.raises(AlreadyMerged):
        await merge_person(ctx, author, ada.id)


def test_every_column_that_an_import_fills_with_a_person_is_handed_over() -> None:
    """Columns of the tables it writes that point at people; a space has no owner when it makes one."""
    pointing = {
        f"{table.name}.{column.name}"
        for table in (cast("Table", model.__table__) for model in TABLES)
        for column in table.columns
        if any(key.column.table is Person.__table__ for key in column.foreign_keys)
    }
    handed_over = {f"{column.class_.__tablename__}.{column.key}" for column in AUTHORSHIP}
    assert pointing - {"spaces.owner_id"} == handed_over


async def test_links_are_shown_from_both_ends_to_who_may_see_them(importer: Importer) -> None:
    topics = (await importer.db.session.scalars(select(Topic).order_by(Topic.created_at).limit(2))).all()
    importer.db.session.add(
        TopicLink(
            topic_id=topics[1].id,
            related_topic_id=topics[0].id,
            kind="duplicate",
            created_at=topics[1].created_at,
        )
    )
    await importer.db.session.flush()
    ctx = ctx_of(importer, GUEST)
    there = (await links_of(ctx, topics[1].id)).data
    back = (await links_of(ctx, topics[0].id)).data
    assert [(link.id, link.kind, link.direction) for link in there] == [(topics[0].id, "duplicate", "to")]
    assert (topics[1].id, "from") in [(link.id, link.direction) for link in back]
    ctx.actor = Actor(groups=())
    with pytest.raises(NotFound):
        await links_of(ctx, topics[1].id)
