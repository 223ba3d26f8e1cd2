"""A generated community: 10 spaces, 2,000 topics, 20 posts each, about 400 characters a post."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from shared.kernel.actor import ANYONE, MEMBERS
from shared.kernel.ids import new_id
from shared.kernel.text import slugify
from shared.web.markdown import render

SPACES, TOPICS, POSTS, PEOPLE = 10, 2_000, 20, 400
START = datetime(2026, 1, 1, tzinfo=UTC)
WORDS = (
    "gateway sensor battery router packet lease firmware update signal device cloud broker topic message "
    "window reset password cable antenna range meter valve pump motor relay panel driver kernel module "
    "table index query backup restore network address mask port socket stream buffer timer clock sync"
).split()


def sentence(chance: random.Random, length: int) -> str:
    words: list[str] = []
    while sum(len(w) + 1 for w in words) < length:
        words.append(chance.choice(WORDS) + (chance.choice(".,;") if chance.random() < 0.1 else ""))
    return " ".join(words).capitalize() + "."


class Generated:
    """All rows, from one seed, so that every run measures the same."""

    def __init__(self, seed: int = 1) -> None:
        self.chance = random.Random(seed)  # data, not secrets
        self.people = [(new_id(), f"sub-{n}", "bench", f"Person {n}", START, START) for n in range(PEOPLE)]
        self.spaces = [
            (new_id(), f"space-{n}", f"Space {n}", ["question", "discussion"], START) for n in range(SPACES)
        ]
        self.topics: list[tuple[Any, ...]] = []
        self.posts: list[tuple[Any, ...]] = []
        for number in range(TOPICS):
            self._topic(number)

    def _topic(self, number: int) -> None:
        topic_id, author = new_id(), self.chance.choice(self.people)[0]
        at = START + timedelta(minutes=number * 30)
        title = sentence(self.chance, 50)
        kind = "question" if number % 2 else "discussion"
        last = at + timedelta(minutes=POSTS)
        tags = self.chance.sample(WORDS, 3)
        space = self.spaces[number % SPACES][0]
        self.topics.append((topic_id, space, kind, author, title, slugify(title), tags, at, last, POSTS))
        self.posts.append(self._post(topic_id, author, at, first=True))
        for n in range(POSTS):
            writer = self.chance.choice(self.people)[0]
            self.posts.append(self._post(topic_id, writer, at + timedelta(minutes=n + 1), first=False))

    def _post(self, topic_id: UUID, author: UUID, at: datetime, *, first: bool) -> tuple[Any, ...]:
        body = sentence(self.chance, 400)
        return (new_id(), topic_id, first, author, body, render(body), at)

    def questions(self) -> Iterator[tuple[UUID]]:
        return ((t[0],) for t in self.topics if t[2] == "question")


TABLES: dict[str, str] = {
    "people": "id sub realm name created_at updated_at",
    "spaces": "id slug name kinds created_at",
    "topics": "id space_id kind author_id title slug tags created_at last_post_at reply_count",
    "posts": "id topic_id is_first author_id body html created_at",
}


async def load(url: str) -> Generated:
    """Writes the community into an empty, migrated database."""
    made = Generated()
    connection = await asyncpg.connect(url)
    for table, columns in TABLES.items():
        await connection.copy_records_to_table(table, records=getattr(made, table), columns=columns.split())
    await connection.copy_records_to_table("questions", records=made.questions(), columns=["topic_id"])
    grants = [
        (space[0], group, level) for space in made.spaces for group, level in ((ANYONE, 10), (MEMBERS, 30))
    ]
    await connection.copy_records_to_table(
        "space_grants", records=grants, columns=["space_id", "group_id", "level"]
    )
    await connection.execute(
        "update spaces set topic_count = (select count(*) from topics where space_id = spaces.id)"
    )
    await connection.execute("analyze")
    await connection.close()
    return made
