"""What a kind of content tells the core about itself, and what other tools add to a topic page.

The core knows no kind. `app.py` gives it a tuple of `KindSpec`s and `Extension`s once at start; the
statements for lists and pages are built from them, so that a page with all of this on it is still two
statements.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlalchemy.ext.asyncio import AsyncSession

from shared.db.query import Row
from shared.kernel.actor import Actor
from shared.tools.topics.schemas import PostView, TopicView

Abilities = Callable[[Actor, Row, Row], list[str]]
"""`(actor, topic row, post row)` → names of further things the actor may do to that post."""
TopicAbilities = Callable[[Actor, Row], list[str]]
"""`(actor, topic row)` → names of further things the actor may do to that topic."""


def _no_abilities(actor: Actor, topic: Row, post: Row) -> list[str]:
    return []


def _never(extensions: dict[str, Any]) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Extension:
    """Facts another table holds about a topic or a post, shown with it without a further statement.

    Each column is a scalar expression that gives JSON (or NULL), correlated with `Topic.id` or `Post.id`.
    It appears in the views under `extensions[name]`. `viewer_post_column` may use the parameter `viewer`
    (a person's id) and is left out for guests. `topic_abilities` are added to the topic's `can`.
    """

    name: str
    topic_column: ColumnElement[Any] | None = None
    post_column: ColumnElement[Any] | None = None
    viewer_post_column: ColumnElement[Any] | None = None
    topic_abilities: TopicAbilities | None = None


Slot = Literal["aside", "under_title", "post", "readers"]


@dataclass(frozen=True, slots=True)
class Panel:
    """A part of the topic page that another tool fills. Its template is given `topic` and `viewer`.

    `slot` says where it goes and what the template is:

    - `aside` (right of the topic) and `under_title`: a template that draws the panel;
    - `post`: a template with the macros `over(post, topic)` and `under(post, topic)`, drawn on each post
      whose `extensions` has the panel's name: a badge above its text, a source below it;
    - `readers`: words added to the line that says who will read what is written here.
    """

    name: str
    template: str
    slot: Slot = "aside"


Drawn = Callable[[PostView, TopicView], str]
"""Safe HTML for one post of a topic."""


def _nothing(post: PostView, topic: TopicView) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class PostParts:
    """What a kind adds to its posts: beside them, above them, and before the links to what may be done.

    They are functions and not templates, since a page holds dozens of posts (see `shared.web.leaves`).
    """

    rail: Drawn = _nothing
    over: Drawn = _nothing
    actions: Drawn = _nothing


@dataclass(frozen=True, slots=True)
class KindSpec:
    """One kind of topic.

    `post_order` sorts the replies: expressions that all ascend, ending in a unique one (`Post.id`).
    `create` writes the kind's extension row in the transaction that makes the topic; `forget_post` lets go
    of a post in the transaction that removes it. `is_settled` tells from a topic's extensions whether a
    list marks it as done.
    """

    name: str
    label: str
    icon: str
    start_label: str
    post_order: tuple[Any, ...]
    extensions: tuple[Extension, ...] = ()
    post_abilities: Abilities = _no_abilities
    create: Callable[[AsyncSession, UUID], Any] | None = None
    forget_post: Callable[[AsyncSession, UUID], Any] | None = None
    reply_words: tuple[str, str] = ("reply", "replies")
    parts: PostParts = PostParts()
    is_settled: Callable[[dict[str, Any]], bool] = _never

    @property
    def plural(self) -> str:
        return f"{self.label}s"
