"""A person's browser without a script: cookies, links, forms, redirects, and the headers browsers send."""

import ssl
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookiejar import CookieJar
from typing import Self
from urllib.parse import urljoin, urlsplit

import httpx

REDIRECTS = 10


@dataclass
class Form:
    """A form of a page: `values` are what the page has filled in."""

    action: str
    method: str
    values: dict[str, str] = field(default_factory=dict)
    buttons: list[str] = field(default_factory=list)
    asks: set[str] = field(default_factory=set)


class Page(HTMLParser):
    """What stands on a page: words, links by their words, forms."""

    def __init__(self, answer: httpx.Response) -> None:
        super().__init__()
        self.url, self.status, self.html = str(answer.url), answer.status_code, answer.text
        self.words = ""
        self.links: dict[str, str] = {}
        self.forms: list[Form] = []
        self._link, self._button, self._form, self._textarea = "", False, False, ""
        self.feed(self.html)
        self.words = " ".join(self.words.split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "a":
            self._link = given.get("href", "")
        elif tag == "form":
            self._form = True
            action = urljoin(self.url, given.get("action", ""))
            self.forms.append(Form(action, given.get("method", "get").lower()))
        elif self._form and tag == "button":
            self._button = True
            self.forms[-1].buttons.append("")
            self.forms[-1].asks.add(given.get("name", ""))
        elif self._form and tag in ("input", "textarea", "select"):
            self._field(tag, given)

    def _field(self, tag: str, given: dict[str, str]) -> None:
        form, name = self.forms[-1], given.get("name", "")
        kind = given.get("type", "text")
        form.asks.add(name)
        if tag == "textarea":
            self._textarea = name
        elif tag == "input" and kind not in ("checkbox", "radio", "submit"):
            form.values[name] = given.get("value", "")

    def handle_data(self, data: str) -> None:
        self.words += data + " "
        if self._textarea:
            self.forms[-1].values[self._textarea] = data
        if self._link and data.strip():
            self.links[data.strip()] = urljoin(self.url, self._link)
        if self._button:
            self.forms[-1].buttons[-1] += data.strip()

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self._link = ""
        elif tag == "form":
            self._form = False
        elif tag == "button":
            self._button = False
        elif tag == "textarea":
            self._textarea = ""

    def form(self, button: str, *, within: str = "") -> Form:
        """The form with a button of these words; `within` is a part of its address."""
        found = [form for form in self.forms if button in form.buttons and within in form.action]
        assert found, f"no form with {button!r} on {self.url}: {[form.buttons for form in self.forms]}"
        return found[0]


class Visitor:
    """One person at one browser; `page` is what is open now."""

    def __init__(self, trust: ssl.SSLContext | None = None) -> None:
        """`trust` says whom to believe over HTTPS."""
        self._http = httpx.Client(timeout=60, follow_redirects=False, verify=trust or True)
        self.page: Page

    @property
    def cookies(self) -> CookieJar:
        return self._http.cookies.jar

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def open(self, url: str) -> Page:
        """Type an address, or choose it from the bookmarks."""
        return self._go("GET", url, came_from="")

    def follow(self, words: str) -> Page:
        """Choose the link with these words."""
        assert words in self.page.links, f"no link {words!r} on {self.page.url}: {sorted(self.page.links)}"
        return self._go("GET", self.page.links[words], came_from=self.page.url)

    def submit(self, button: str, *, at: str = "", **typed: str) -> Page:
        """Fill in the form that has this button and choose it; `at` is a part of the form's address."""
        form = self.page.form(button, within=at)
        assert typed.keys() <= form.asks, f"{form.action} asks for {sorted(form.asks)}"
        return self._go(form.method.upper(), form.action, came_from=self.page.url, data=form.values | typed)

    def sign_in(self, account: dict[str, str]) -> Page:
        """On the sign-in page that is open."""
        return self.submit("Sign in", at="/sign-in", email=account["email"], password=account["password"])

    def _go(self, method: str, url: str, *, came_from: str, data: dict[str, str] | None = None) -> Page:
        """Sec-Fetch-Site says how far the request and all its redirects have come (Fetch Metadata)."""
        origins = {origin(came_from)} if came_from else set()
        for _ in range(REDIRECTS):
            origins.add(origin(url))
            near = "same-origin" if len(origins) == 1 else "same-site"
            headers = {"Sec-Fetch-Site": near if came_from else "none", "Sec-Fetch-Mode": "navigate"}
            if method == "POST":
                headers["Origin"] = origin(came_from)
            answer = self._http.request(method, url, data=data, headers=headers)
            if not answer.is_redirect:
                self.page = Page(answer)
                return self.page
            url, method, data = urljoin(url, answer.headers["location"]), "GET", None
        raise AssertionError(f"too many redirects, the last to {url}")


def origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
