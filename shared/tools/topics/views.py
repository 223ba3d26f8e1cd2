"""From rows to what goes out."""

from typing import Any

from shared.db.query import Row
from shared.kernel.actor import Actor
from shared.tools.people.schemas import PersonRef
from shared.tools.spaces import audience
from shared.tools.spaces.schemas import SpaceRef
from shared.tools.topics.kinds import KindSpec, TopicAbilities
from shared.tools.topics.permissions import post_abilities, topic_abilities
from shared.tools.topics.schemas import PostView, RevisionView, TopicRow, TopicView


class Prefixed:
    """Picks the columns `<prefix><name>` out of rows as a dictionary by name, leaving out what is NULL."""

    def __init__(self, prefixes: dict[str, str]) -> None:
        self._columns = prefixes

    def __call__(self, row: Row) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for column, name in self._columns.items():
            value = row.get(column)
            if value is not None:
                found[name] = {**found.get(name, {}), **value} if isinstance(value, dict) else value
        return found


class ViewMaker:
    """Makes the views of one composition."""

    def __init__(
        self,
        kinds: dict[str, KindSpec],
        topic_columns: Prefixed,
        post_columns: Prefixed,
        topic_abilities: tuple[TopicAbilities, ...] = (),
    ) -> None:
        self._kinds = kinds
        self._topic_abilities = topic_abilities
        self._topic_columns = topic_columns
        self._post_columns = post_columns

    def row(self, row: Row) -> TopicRow:
        return TopicRow(
            id=row["id"],
            kind=row["kind"],
            title=row["title"],
            slug=row["slug"],
            space=SpaceRef(row["space_id"], row["space_slug"], row["space_name"]),
            author=PersonRef(row["author_id"], row["author_name"]),
            tags=row["tags"],
            created_at=row["created_at"],
            last_post_at=row["last_post_at"],
            reply_count=row["reply_count"],
            closed=row["closed_at"] is not None,
            extensions=self._topic_columns(row),
        )

    def topic(self, actor: Actor, row: Row) -> TopicView:
        return TopicView(
            id=row["id"],
            kind=row["kind"],
            title=row["title"],
            slug=row["slug"],
            space=SpaceRef(row["space_id"], row["space_slug"], row["space_name"]),
            author=PersonRef(row["author_id"], row["author_name"]),
            tags=row["tags"],
            created_at=row["created_at"],
            last_post_at=row["last_post_at"],
            reply_count=row["reply_count"],
            closed=row["closed_at"] is not None,
            extensions=self._topic_columns(row),
            post=self.post(actor, row, row),
            audience=audience.in_words(row["audience"]),
            can=self._of_topic(actor, row) if actor.signed_in else [],
            version=row["version"],
        )

    def post(self, actor: Actor, topic: Row, row: Row) -> PostView:
        return PostView(
            id=row["post_id"],
            topic_id=row["topic_id"],
            reply_to=row["reply_to"],
            author=PersonRef(row["post_author_id"], row["post_author_name"]),
            body=row["body"],
            html=row["html"],
            created_at=row["post_created_at"],
            edited_at=row["edited_at"],
            edit_count=row["edit_count"],
            score=row["score"],
            reactions=row["reactions"],
            my_reactions=(row["my_reactions"] or []) if actor.signed_in else [],
            comment_count=row["comment_count"],
            extensions=self._post_columns(row),
            can=self._abilities(actor, topic, row) if actor.signed_in else [],
        )

    def _of_topic(self, actor: Actor, row: Row) -> list[str]:
        can = topic_abilities(actor, row)
        for further in self._topic_abilities:
            can += further(actor, row)
        return can

    def _abilities(self, actor: Actor, topic: Row, row: Row) -> list[str]:
        return post_abilities(actor, topic, row) + self._kinds[topic["kind"]].post_abilities(
            actor, topic, row
        )


def revision(row: Row) -> RevisionView:
    editor = PersonRef(row["editor_id"], row["editor_name"]) if row["editor_id"] else None
    return RevisionView(
        row["number"], editor, row["created_at"], row["reason"], row["body"], row["title"], row["tags"]
    )
