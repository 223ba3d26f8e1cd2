"""From a record of a dump to what a community stores: Markdown, licence, attribution."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from shared.kernel.text import clean_line, clean_text
from shared.tools.transfer.stackexchange.records import Comment, Post, PostType, User

FORMER_AUTHOR: Final = "A former member of the source"
"""Stands for an author whose account the source has removed without keeping a name."""

_LICENCES: Final = (
    (datetime(2018, 5, 2, tzinfo=UTC), "CC BY-SA 4.0"),
    (datetime(2011, 4, 8, tzinfo=UTC), "CC BY-SA 3.0"),
)


@dataclass(frozen=True, slots=True)
class Attribution:
    """Where a text comes from, whose it is and under which licence it may be shown."""

    source_url: str
    author_name: str
    author_url: str | None
    licence: str


def licence(created_at: datetime, given: str | None = None) -> str:
    """The licence of a text: the row's own when it names one, else by the day it was written.

    The source's terms: CC BY-SA 2.5 before 2011-04-08, 3.0 until 2018-05-01, 4.0 from 2018-05-02 (UTC).
    """
    if given:
        return clean_line(given)
    return next((name for since, name in _LICENCES if created_at >= since), "CC BY-SA 2.5")


def user_url(site: str, user_id: int) -> str:
    """A person's page at the source."""
    return f"https://{site}/users/{user_id}"


def post_url(site: str, post_id: int, *, question: bool) -> str:
    """A question's or an answer's page at the source."""
    return f"https://{site}/{'q' if question else 'a'}/{post_id}"


def post_attribution(site: str, post: Post, owner_name: str | None) -> Attribution:
    """Of a question or answer; `owner_name` is the author's name in Users.xml, when there is one."""
    return Attribution(
        source_url=post_url(site, post.id, question=post.type == PostType.QUESTION),
        author_name=owner_name or _name(post.owner_name),
        author_url=user_url(site, post.owner_id) if owner_name and post.owner_id is not None else None,
        licence=licence(post.created_at, post.licence),
    )


def comment_attribution(
    site: str, comment: Comment, owner_name: str | None, *, on_question: bool
) -> Attribution:
    """Of a comment; its address is that of its post, at the comment."""
    page = post_url(site, comment.post_id, question=on_question)
    return Attribution(
        source_url=f"{page}#comment{comment.id}_{comment.post_id}",
        author_name=owner_name or _name(comment.user_name),
        author_url=user_url(site, comment.user_id) if owner_name and comment.user_id is not None else None,
        licence=licence(comment.created_at, comment.licence),
    )


def _name(given: str | None) -> str:
    return clean_line(given or "") or FORMER_AUTHOR


def person_name(user: User) -> str:
    """The name of a user on one line; the source admits none, we do not."""
    return clean_line(user.display_name) or f"User {user.id}"


def markdown_of_html(html: str) -> str:
    """Markdown that renders as this HTML: one HTML block.

    CommonMark ends an HTML block at a blank line (section 4.6), so blank lines go; within `<pre>`, where
    they mean something, they become character references.
    """
    parts = _PRE.split(clean_text(html))
    for number, part in enumerate(parts):
        if number % 2:
            parts[number] = _BLANK_LINES.sub(_kept_lines, part)
        else:
            parts[number] = _BLANK_LINES.sub("\n", part)
    body = "".join(parts).strip()
    return f"<div>\n{body}\n</div>" if body else ""


def _kept_lines(run: re.Match[str]) -> str:
    """Blank lines that CommonMark does not see as such."""
    return "\n" + "".join(f"{line}&#10;" for line in run[0].split("\n")[1:-1])


def markdown_of_comment(text: str) -> str:
    """A comment's small Markdown as CommonMark that means the same.

    Comments know links, emphasis, code spans and bare addresses; headings, lists, quotes, pictures and
    HTML, which CommonMark would see in them, are plain characters there.
    """
    lines = (line.strip() for line in clean_text(text).split("\n"))
    return "\n".join(_BLOCK_START.sub(_escape, _inline(line)) for line in lines if line)


_PRE: Final = re.compile(r"(<pre\b.*?</pre>)", re.DOTALL | re.IGNORECASE)
_BLANK_LINES: Final = re.compile(r"\n(?:[ \t]*\n)+")
_BLOCK_START: Final = re.compile(
    r"^(?:#{1,6}(?=\s|$)|>|[-+*](?=\s)|\d{1,9}[.)](?=\s)|[-=_*]{2,}\s*$|~{3,}|`{3,})"
)
_INLINE: Final = re.compile(
    r"(?P<code>(?<!`)(?P<ticks>`+)(?!`).*?(?<!`)(?P=ticks)(?!`))"
    r"|(?P<link>\[[^\[\]]*\]\((?:[^()\s]|\([^()\s]*\))*(?:\s+[\"'][^\"']*[\"'])?\s*\))"
    r"|(?P<address>https?://[^\s<>\"`]+)"
    r"|(?P<html><|!(?=\[))"
)


def _inline(line: str) -> str:
    return _INLINE.sub(_inline_part, line)


def _inline_part(found: re.Match[str]) -> str:
    if found["address"]:
        return _link(found["address"])
    return f"\\{found[0]}" if found["html"] else found[0]


def _link(address: str) -> str:
    """A bare address as an autolink, without the punctuation of the sentence around it."""
    end = len(address)
    while address[end - 1] in ".,;:!?'*_]" or (
        address[end - 1] == ")" and address.count("(", 0, end) < address.count(")", 0, end)
    ):
        end -= 1
    return f"<{address[:end]}>{address[end:]}"


def _escape(start: re.Match[str]) -> str:
    """The first character that would begin a block, as a character."""
    marker = start[0]
    if marker[0].isdigit():
        return f"{marker[:-1]}\\{marker[-1]}"
    return f"\\{marker}"
