"""What is measured, and with which statements the ceiling does the same."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from bench.community import Generated
from bench.load import Request
from customer_service.app import catalog
from shared.db.query import Query
from shared.kernel.actor import ANYONE, MEMBERS
from shared.tools.search.queries import SearchQueries
from shared.tools.sign_in import queries as sign_in
from shared.web.markdown import render

WORDS = "gateway firmware lease"
REPLY = "A reply of about four hundred characters. " * 9


@dataclass(frozen=True, slots=True)
class Operation:
    """One row of the report. `ceiling` is the ceiling's path; `target` the ratio not to exceed."""

    name: str
    request: Request
    ceiling: str
    target: float


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return {"at": value.isoformat()}
    if isinstance(value, UUID):
        return {"uuid": str(value)}
    return [_plain(v) for v in value] if isinstance(value, list | tuple) else value


def statement(query: Query, **params: Any) -> list[Any]:
    return [query.sql, [_plain(v) for v in query.arguments(params)]]


class Plan:
    def __init__(self, made: Generated, token: str, cookie: Mapping[str, str]) -> None:
        self.made = made
        bearer = {"Authorization": f"Bearer {token}"}
        topics = [t for t in made.topics if t[2] == "discussion"][-100:]
        posts = [f"/api/v1/topics/{t[0]}/posts?limit=20" for t in topics]
        pages = [f"/t/{t[0]}/{t[5]}" for t in topics]
        search = [f"/api/v1/search?q={WORDS.replace(' ', '%20')}"]
        replies = [f"/api/v1/topics/{t[0]}/posts" for t in topics]
        body = json.dumps({"body": REPLY})
        self.operations = (
            Operation("topic page, JSON, guest", Request(posts, {}), "topic", 3),
            Operation("topic list of 25, JSON, guest", Request(["/api/v1/topics?limit=25"], {}), "list", 3),
            Operation("topic page, HTML, guest", Request(pages, {}), "topic", 6),
            Operation("topic page, JSON, signed in", Request(posts, bearer), "topic_signed", 4),
            Operation("topic page, HTML, signed in", Request(pages, cookie), "topic_signed", 6),
            Operation("search, JSON, guest", Request(search, {}), "search", 3),
            Operation("reply, JSON", Request(replies, bearer, body), "reply", 4),
        )
        self.topic = topics[-1]

    def write(self, path: Path, url: str, sizes: Mapping[str, int]) -> None:
        """The plan that `bench.ceiling` reads."""
        composition = catalog()
        queries = composition.queries
        topic = self.topic[0]
        guest, member = (ANYONE,), (ANYONE, MEMBERS)
        person = self.made.people[0]

        def topic_page(groups: tuple[UUID, ...], viewer: UUID | None) -> list[Any]:
            signed = viewer is not None
            who = {"groups": groups, "viewer": viewer, "topic_id": topic}
            replies = queries.replies["discussion", signed, False]
            return [
                statement(queries.topic[signed], **who),
                statement(replies, limit=21, with_first=True, **who),
            ]

        lists = queries.topics(space=False, tag=False, kind=False, author=False, after=False)
        reads = {
            "topic": topic_page(guest, None),
            "topic_signed": [
                statement(sign_in.BY_SUBJECT, sub=person[1], sid="", issued_at=datetime.now(UTC)),
                *topic_page(member, person[0]),
            ],
            "list": [statement(lists, groups=guest, limit=26)],
            "search": [statement(SearchQueries(composition).search(()), q=WORDS, groups=guest, limit=26)],
        }
        path.write_text(
            json.dumps(
                {
                    "url": url,
                    "reads": reads,
                    "sizes": dict(sizes),
                    "topic": str(topic),
                    "author": str(person[0]),
                    "body": REPLY,
                    "html": render(REPLY),
                }
            )
        )
