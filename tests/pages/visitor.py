"""Somebody with a browser: a session cookie, pages to read, forms to send."""

import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html import unescape
from html.parser import HTMLParser
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import insert

from shared.tools.sign_in.authenticator import session_id
from shared.tools.sign_in.models import WebSession
from shared.web.settings import cookie_name
from tests.tools.house import Caller, House

VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "use", "wbr"}


class Outline(HTMLParser):
    """What a page is made of, and what is wrong with its structure."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.headings: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.labelled: set[str] = set()
        self.fields: list[dict[str, str | None]] = []
        self.forms: list[dict[str, str | None]] = []
        self.wrong: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        self.wrong += [f"<{tag}> is never closed" for tag in self._open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag not in VOID:
            self._open.append(tag)
        if tag in ("h1", "h2", "h3"):
            self.headings.append(tag)
        if identity := given.get("id"):
            self.ids.append(identity)
        if tag == "a" and (href := given.get("href")):
            self.links.append(href)
        if tag == "label" and (target := given.get("for")):
            self.labelled.add(target)
        if tag in ("textarea", "select") or (tag == "input" and given.get("type") != "hidden"):
            self.fields.append(given)
        if tag == "form":
            self.forms.append(given)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        if not self._open or self._open[-1] != tag:
            self.wrong.append(f"</{tag}> where {self._open[-3:]} is open")
            if tag not in self._open:
                return
            while self._open[-1] != tag:
                self._open.pop()
        self._open.pop()

    def complaints(self) -> list[str]:
        """One `h1`, ids once, a label for each field, anchors that exist."""
        found = list(self.wrong)
        if self.headings.count("h1") != 1:
            found.append(f"{self.headings.count('h1')} h1")
        found += [f"id {name} twice" for name in set(self.ids) if self.ids.count(name) > 1]
        found += [f"no label: {f}" for f in self.fields if f.get("id") not in self.labelled]
        found += [f"no such anchor: {a}" for a in self.links if a.startswith("#") and a[1:] not in self.ids]
        return found


@dataclass
class Shown:
    """An answer to a browser."""

    response: httpx.Response

    @property
    def status(self) -> int:
        return self.response.status_code

    @property
    def html(self) -> str:
        return self.response.text

    @property
    def where(self) -> str:
        """Where it leads."""
        return str(self.response.headers.get("location", ""))

    def outline(self) -> Outline:
        return Outline(self.html)

    def says(self, words: str) -> bool:
        """Whether the words stand on the page, whatever is escaped."""
        return words in unescape(self.html)


@dataclass
class Visitor:
    """A browser in a community. Without a cookie it is a guest's."""

    house: House
    name: str = "guest"
    id: UUID | None = None
    cookie: str | None = None
    headers: dict[str, str] = field(default_factory=dict)

    async def ask(self, method: str, path: str, **more: Any) -> Shown:
        headers = {"accept": "text/html", **self.headers, **more.pop("headers", {})}
        if self.cookie:
            url = self.house.composition.public_url
            headers["cookie"] = f"{cookie_name(self.house.name, url)}={self.cookie}"
        return Shown(await self.house.client.request(method, path, headers=headers, **more))

    async def see(self, path: str) -> Shown:
        """A page that must be there, sound in its structure."""
        shown = await self.ask("GET", path)
        assert shown.status == 200, f"{self.name} at {path}: {shown.status} {shown.html[:300]}"
        assert shown.outline().complaints() == [], path
        return shown

    async def follow(self, path: str) -> Shown:
        """A page reached over redirects."""
        for _ in range(5):
            shown = await self.ask("GET", path)
            if shown.status not in (301, 303):
                return shown
            path = shown.where.split("#")[0]
        raise AssertionError(f"{path} leads in a circle")

    async def send(self, path: str, **fields: Any) -> Shown:
        """A form of our own page."""
        return await self.ask("POST", path, data=fields, headers={"sec-fetch-site": "same-origin"})


async def sign_in(house: House, caller: Caller) -> Visitor:
    """The same person in a browser, as if they had come back from identity just now."""
    if caller.id is None:
        return Visitor(house)
    cookie, now = secrets.token_urlsafe(16), datetime.now(UTC)
    async with house.database.transaction() as session:
        await session.execute(
            insert(WebSession).values(
                id=session_id(cookie),
                person_id=caller.id,
                tokens=b"",
                created_at=now,
                refreshed_at=now,
                tokens_expire_at=now + timedelta(hours=1),
                expires_at=now + timedelta(hours=1),
            )
        )
    return Visitor(house, caller.name, caller.id, cookie)
