"""Users become people without an account: no `sub`, no e-mail."""

from html import unescape
from typing import Any

from shared.kernel.ids import new_id
from shared.tools.people.models import Person
from shared.tools.transfer.batches import batches
from shared.tools.transfer.known import insert_rows
from shared.tools.transfer.stackexchange.archive import DumpFile
from shared.tools.transfer.stackexchange.convert import person_name
from shared.tools.transfer.stackexchange.records import User
from shared.tools.transfer.stackexchange.writing import ALREADY, Writing
from shared.web.markdown import plain

_MAX_NAME = 100
_MAX_BIO = 2000


async def write_people(writing: Writing) -> None:
    """Each user once; one that is here stays as it is, merged with an account or not."""
    for batch in batches(writing.read(DumpFile.USERS, User)):
        known = await writing.known.find("user", [user.id for user in batch])
        fresh = {user.id: _person(writing, user) for user in batch if user.id not in known}
        await insert_rows(writing.session, Person, list(fresh.values()))
        for user_id, row in fresh.items():
            writing.known.remember("user", user_id, row["id"])
        await writing.known.flush()
        writing.report.imported(DumpFile.USERS, len(fresh))
        writing.report.merged(DumpFile.USERS, ALREADY, len(batch) - len(fresh))


def _person(writing: Writing, user: User) -> dict[str, Any]:
    return {
        "id": new_id(),
        "name": person_name(user)[:_MAX_NAME],
        "bio": unescape(plain(user.about_html or ""))[:_MAX_BIO],
        "synthetic": user.id < 0,  # the source's own bot
        "created_at": user.created_at,
        "updated_at": writing.now,
    }
