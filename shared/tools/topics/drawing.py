"""Posts and comments, drawn by functions: a page holds dozens (see `shared.web.leaves`)."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from jinja2 import Environment
from markupsafe import Markup, escape

from shared.tools.topics.addresses import author, person_address, post_address
from shared.tools.topics.catalog import Catalog
from shared.tools.topics.kinds import PostParts
from shared.tools.topics.reactions import REACTIONS
from shared.tools.topics.schemas import PostView, TopicView
from shared.web.leaves import ago, post_article
from shared.web.templates import ICON

_MENU: Final = tuple(
    (name, f'<button name="reaction" value="{name}">{label}</button>') for name, _, label in REACTIONS
)
NO_PARTS: Final = PostParts()


class PostDrawing:
    """Draws the posts of one composition, with what kinds and other tools add to them."""

    def __init__(self, environment: Environment, catalog: Catalog) -> None:
        self._environment = environment
        self._parts = {name: kind.parts for name, kind in catalog.kinds.items()}
        self._panels = {panel.name: panel.template for panel in catalog.slots["post"]}

    def _added(self, post: PostView, topic: TopicView) -> tuple[str, str]:
        """What other tools show over and under this post."""
        over, under = [], []
        for name, template in self._panels.items():
            if name in post.extensions:
                macros: Any = self._environment.get_template(template).module
                over.append(macros.over(post, topic))
                under.append(macros.under(post, topic))
        return "".join(over), "".join(under)

    def post(self, post: PostView, topic: TopicView, now: datetime, *, with_comments: bool = True) -> Markup:
        """A post of a topic. Without its comments it has no part of its kind either: it stands by itself."""
        parts = self._parts[topic.kind] if with_comments else NO_PARTS
        over, under = self._added(post, topic) if post.extensions else ("", "")
        # Joined, not added: `+` with a Markup on either side would escape the other.
        inner = [under]
        if post.can:
            inner.append(_actions(post, topic, parts.actions(post, topic), with_comments=with_comments))
        if post.can or post.reactions:
            inner.append(_reactions(post))
        if with_comments and post.comments:
            inner.append(self._comments(post, topic, now))
        return post_article(
            f"p-{post.id}",
            author(post.author),
            post.created_at,
            post.html,
            now,
            post.edited_at,
            f"{post_address(post.id)}/history",
            rail=Markup(parts.rail(post, topic)),
            over=Markup("".join((parts.over(post, topic), over))),
            inner=Markup("".join(inner)),
        )

    def _comments(self, post: PostView, topic: TopicView, now: datetime) -> str:
        listed = self.comments(post.comments, topic, now)
        if post.comment_count <= len(post.comments):
            return listed
        all_of_them = f'<a href="{post_address(post.id)}/comments">All {post.comment_count:,} comments</a>'
        return f'{listed}<p class="small">{all_of_them}</p>'

    def comments(self, comments: Iterable[PostView], topic: TopicView, now: datetime) -> Markup:
        items = "".join(self._comment(post, topic, now) for post in comments)
        return Markup(f'<ol class="comments" aria-label="Comments">{items}</ol>')

    def _comment(self, post: PostView, topic: TopicView, now: datetime) -> str:
        where, facts = post_address(post.id), [str(ago(post.created_at, now))]
        what = '<span class="sr"> this comment</span>'
        if post.edited_at:
            facts.append(f'<a href="{where}/history">edited</a>')
        if "edit" in post.can:
            facts.append(f'<a href="{where}/edit">Edit{what}</a>')
        if "delete" in post.can:
            facts.append(f'<a href="{where}/remove">Remove{what}</a>')
        over, under = self._added(post, topic) if post.extensions else ("", "")
        name = f'<a class="name" href="{person_address(post.author.id)}">{escape(post.author.name)}</a>'
        return (
            f'<li id="p-{post.id}">{over}<div class="prose">{post.html}</div>'
            f'<p class="by">{name} · {" · ".join(facts)}</p>{under}</li>'
        )


def _quiet_link(label: str, href: str) -> str:
    return f'<a class="btn btn-quiet btn-small" href="{href}">{label}</a>'


def _actions(post: PostView, topic: TopicView, more: str, *, with_comments: bool) -> str:
    """Links to what the viewer may do to a post, after what its kind adds."""
    where, can, links = post_address(post.id), post.can, [more]
    if with_comments and "comment" in can:
        links.append(_quiet_link("Comment", f"{where}/comments#comment"))
    if "edit" in can:
        links.append(_quiet_link("Edit", f"{where}/edit"))
    if post.id == topic.post.id:
        if "delete" in topic.can:
            links.append(_quiet_link("Remove", f"/topics/{topic.id}/remove"))
    elif "delete" in can:
        links.append(_quiet_link("Remove", f"{where}/remove"))
    drawn = "".join(links)
    return f'<div class="actions">{drawn}</div>' if drawn else ""


def _reactions(post: PostView) -> str:
    """Those the post has, and for who may react a menu of the others."""
    some = [_reaction(post, *which) for which in REACTIONS if post.reactions.get(which[0])]
    if "react" not in post.can:
        listed = f'<ul class="reactions" role="list" aria-label="Reactions">{"".join(some)}</ul>'
        return listed if some else ""
    form = f'method="post" action="{post_address(post.id)}/react"'
    drawn = f'<form class="reactions" {form}>{"".join(some)}</form>' if some else ""
    rest = "".join([button for name, button in _MENU if not post.reactions.get(name)])
    summary = '<summary class="btn btn-quiet btn-small">React</summary>'
    menu = f'<details class="menu">{summary}<form class="pop" {form}>{rest}</form></details>'
    return drawn + menu * bool(rest)


def _reaction(post: PostView, name: str, drawing: str, label: str) -> str:
    count = f'<span class="num">{post.reactions[name]:,}</span>'
    shown = f'{ICON(drawing)}<span class="sr">{label}</span> {count}'
    if "react" not in post.can:
        return f'<li class="tag" title="{label}">{shown}</li>'
    pressed = "true" if name in post.my_reactions else "false"
    value = f'name="reaction" value="{name}" aria-pressed="{pressed}"'
    return f'<button class="btn btn-small" {value} title="{label}">{shown}</button>'
