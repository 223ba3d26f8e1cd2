"""The parts that stand on a page dozens of times: a drawing, an avatar, a time, a post.

They are functions, since a Jinja macro costs five times as much; templates import them from `parts/` like
any other part. Whatever comes from people is escaped here.
"""

from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from html import escape as escape_text
from secrets import token_urlsafe

from markupsafe import Markup

from shared.web.idempotency import FIELD
from shared.web.times import full_time, relative_time


def _text(value: object) -> str:
    """Escaped, unless it is a part of the page already. Half the time of `markupsafe.escape`, which wraps."""
    return str(value) if isinstance(value, Markup) else escape_text(str(value))


def icon_from(sprite: str) -> Callable[..., Markup]:
    """The function `icon` over the drawings of one file (`icons.svg` with its address)."""

    def icon(name: str, label: str = "", big: bool = False) -> Markup:
        """`icon("lock")` is decoration; `icon("lock", "Private")` says it aloud."""
        size = " i-l" if big else ""
        said = f'role="img" aria-label="{_text(label)}"' if label else 'aria-hidden="true"'
        return Markup(f'<svg class="i{size}" {said}><use href="{sprite}#{_text(name)}"/></svg>')

    return icon


def avatar(name: str, id: object = "", picture: str = "", size: str = "") -> Markup:
    """A picture, or initials on a colour that follows from the id. `size`: `s` 20 px, empty 32, `l` 64."""
    return Markup(_avatar(name, id, picture, size))


def _avatar(name: str, id: object, picture: str, size: str) -> str:
    tone = _text((str(id) or name)[-1:].lower())
    large = f" avatar-{size}" if size else ""
    inside = f'<img src="{_text(picture)}" alt="" loading="lazy">' if picture else _text(_initials(name))
    return f'<span class="avatar{large} tone-{tone}" aria-hidden="true">{inside}</span>'


def _initials(name: str) -> str:
    words = name.split()
    if not words:
        return "?"
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()


def ago(at: datetime, now: datetime | None = None, zone: tzinfo | None = None) -> Markup:
    """How long ago, with the full date on hover, in the zone of `now`: the viewer's.

    Without `now` the full date itself, in `zone`.
    """
    return Markup(_ago(at, now, zone))


def _ago(at: datetime, now: datetime | None, zone: tzinfo | None = None) -> str:
    full = full_time(at, (now.tzinfo if now else zone) or UTC)
    start = f'<time datetime="{at.isoformat("T", "seconds")}" title="{full}"'
    return f"{start} data-ago>{relative_time(at, now)}</time>" if now else f"{start}>{full}</time>"


def once() -> Markup:
    """The hidden field of a form that is to be taken once, with a key of its own."""
    return Markup(f'<input type="hidden" name="{FIELD}" value="{token_urlsafe(12)}">')


def byline(author: object, size: str = "") -> Markup:
    """Avatar and name, which leads to the profile when `author.url` is known; `author.note` in muted text."""
    return Markup(_byline(author, size))


def _byline(author: object, size: str = "") -> str:
    said, url, note = _fact(author, "name"), _fact(author, "url"), _fact(author, "note")
    name = _text(said)
    picture = _avatar(str(said), _fact(author, "id"), str(_fact(author, "picture")), size)
    named = f'<a class="name" href="{_text(url)}">{name}</a>' if url else f'<span class="name">{name}</span>'
    noted = f' <span class="muted small">{_text(note)}</span>' if note else ""
    return f'<span class="who">{picture}<span>{named}{noted}</span></span>'


def _fact(thing: object, name: str) -> object:
    """An attribute or item that may be missing: then empty."""
    found = thing.get(name) if isinstance(thing, dict) else getattr(thing, name, None)
    return "" if found is None else found


def vote_from(icon: Callable[..., Markup]) -> Callable[..., Markup]:
    """The function `vote`: up, the score, down in one form that posts `vote`=1, 0 (taken back) or -1.

    `voted` is the viewer's own vote, said by `aria-pressed`; the buttons keep their names. Who may not vote
    sees the score alone.
    """
    up, lower = icon("up"), icon("down")

    def button(way: int, voted: int, title: str, drawing: Markup) -> str:
        state = 'value="0" aria-pressed="true"' if voted == way else f'value="{way}" aria-pressed="false"'
        return (
            f'<button class="btn btn-quiet btn-icon" name="vote" {state} title="{title}">{drawing}</button>'
        )

    def vote(
        action: str,
        score: int,
        voted: int = 0,
        can_vote: bool = True,
        down: bool = True,
        what: str = "this answer",
    ) -> Markup:
        if not can_vote:
            words = "vote" if score == 1 else "votes"
            shown = f'<b class="num">{score:,}</b><span class="small muted">{words}</span>'
            return Markup(f'<p class="vote">{shown}</p>')
        what = _text(what)
        shown = f'<b class="num"><span class="sr">Score: </span>{score:,}</b>'
        below = button(-1, voted, f"Vote down {what}", lower) if down else ""
        return Markup(
            f'<form class="vote" method="post" action="{_text(action)}">'
            f"{button(1, voted, f'Vote up {what}', up)}{shown}{below}</form>"
        )

    return vote


def post_article(
    id: str,
    author: object,
    at: datetime,
    html: str,
    now: datetime | None = None,
    edited_at: datetime | None = None,
    edited_url: str = "",
    official: Markup | str = "",
    accepted: Markup | str = "",
    rail: Markup | str = "",
    url: str = "",
    over: Markup | str = "",
    inner: Markup | str = "",
) -> Markup:
    """A reply or an answer. `html` is rendered, sanitised Markdown. `official` and `accepted` are ribbons;
    `over`, `rail` and `inner` are parts of the page already."""
    classes = "post" + " is-accepted" * bool(accepted) + " is-official" * bool(official)
    edited = ""
    if edited_at is not None:
        words = f"edited {_ago(edited_at, now)}"
        edited = f' · <a href="{_text(edited_url)}">{words}</a>' if edited_url else f" · {words}"
    rail = f'<div class="rail">{_text(rail)}</div>' if rail else ""
    inner = _text(inner).strip()
    footer = f"<footer>{inner}</footer>" if inner else ""
    said_by = _text(_fact(author, "name"))
    where = _text(url or f"#{id}")
    return Markup(
        f'<article class="{classes}{" has-rail" * bool(rail)}" id="{_text(id)}" aria-label="By {said_by}" '
        f"data-item>{_text(official)}{_text(accepted)}{_text(over)}{rail}<header>{_byline(author)}"
        f'<span class="when"><a href="{where}">{_ago(at, now)}</a>{edited}</span></header>'
        f'<div class="body"><div class="prose">{html}</div></div>{footer}</article>'
    )
