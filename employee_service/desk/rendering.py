"""Showing what customers wrote to staff: cleaned here, whatever the other side says it did, and without
pictures, since fetching one would tell its owner that somebody inside reads the thread, and from where."""

import asyncio
from collections.abc import Iterable
from typing import Final

import nh3

from shared.web import markdown

_CLEANER: Final = nh3.Cleaner(
    tags=set(nh3.ALLOWED_TAGS) - {"img", "picture", "map", "area"},
    url_schemes={"http", "https", "mailto"},
    link_rel="noopener noreferrer nofollow",
)


async def from_outside(sources: Iterable[str]) -> dict[str, str]:
    """Markdown of the customers' side as HTML for staff, by its source; made beside the event loop, as a
    long thread takes a while."""
    wanted = tuple(sources)
    return await asyncio.to_thread(lambda: {text: harmless(markdown.render(text)) for text in wanted})


def harmless(html: str) -> str:
    """HTML that came over the bridge, as far as it can do nothing but be read."""
    return _CLEANER.clean(html)
