"""Nothing by default (proof 3): a community of 300 questions is there, and nothing of it crosses."""

from pathlib import Path

from shared.db.context import Context
from shared.db.query import writer_of
from shared.kernel.clock import SystemClock
from shared.kernel.paging import CursorCodec
from shared.tools.spaces.service import SpacesPolicy
from shared.tools.transfer.service import OPERATOR, ImportService, SpaceWanted
from shared.tools.transfer.stackexchange.archive import open_dump
from shared.tools.transfer.stackexchange.validate import validate
from tests.bridge.conftest import Outside
from tests.transfer.make_dump import SITE, fake_dump

POLICY = SpacesPolicy(anonymous_reading=True, kinds=("question", "discussion"))


async def test_after_an_import_the_feed_is_empty(outside: Outside, tmp_path: Path) -> None:
    folder = fake_dump(questions=300).write(tmp_path / SITE)
    with open_dump(folder) as dump:
        async with outside.database.transaction() as session:
            context = Context(
                OPERATOR, writer_of(session), SystemClock(), CursorCodec("import"), session=session
            )
            service = ImportService(context, POLICY)
            await service.import_stackexchange(validate(dump), SpaceWanted("garden", "Garden"))
    assert (await outside.sql("select count(*) from topics"))[0][0] >= 300
    await outside.work()
    assert (await outside.client.changes(outside.program(), None)).body.data == []
    assert (await outside.client.threads(outside.staff())).body.data == []
    views = await outside.sql(
        "select (select count(*) from bridge_out.threads) + (select count(*) from bridge_out.posts)"
        " + (select count(*) from bridge_out.changes)"
    )
    assert views[0][0] == 0
