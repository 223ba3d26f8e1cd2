"""The forms and addresses that an actor can come to, found by following links."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import parse_qsl, urljoin, urlsplit

from tests.e2e.browsing import Form, Page
from tests.identity.driver import authorize_url
from tests.identity.fuzz.hostile import Pairs
from tests.identity.fuzz.stage import Actor, Stage

ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")
_OF_A_KIND = 2
"""Pages that differ in an id alone."""
_MOST = 120
SEEDS = (
    "/",
    "/sign-in?realm=staff",
    "/sign-in?realm=customer",
    "/sign-up",
    "/reset-password?realm=staff",
    "/set-password?token=none",
    "/device",
    "/account",
    "/admin",
    "/dev/mail",
    "/oauth/end-session",
    "/account/organisation",
)


@dataclass(frozen=True)
class Target:
    """A form, or the query of a page: what it is sent to, and its fields with the values it came with."""

    method: str
    path: str
    fields: tuple[tuple[str, tuple[bytes, ...]], ...]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


LIKELY = {
    "email": (b"somebody@outside.example", b"ana@outside.example"),
    "password": (b"an unlikely sentence 7", b"quite another sentence"),
    "realm": (b"staff", b"customer"),
    "name": (b"Somebody",),
    "code": (b"123456",),
    "confirm": (b"yes",),
    "url": (b"https://app.example/callback",),
}


def walk(stage: Stage, actor: Actor) -> list[Target]:
    """Everything that this actor sees; the same form is listed once, whatever ids it is about."""
    found: dict[tuple[str, str, frozenset[str]], Target] = {}
    for page in _pages(stage, actor):
        for target in (*_forms(stage, page), *_query(page)):
            names = frozenset(name for name, _ in target.fields)
            found.setdefault((target.method, ID.sub("*", target.path), names), target)
    return sorted(found.values(), key=str)


def _pages(stage: Stage, actor: Actor) -> Iterator[Page]:
    waiting = [*SEEDS, _consent_page(stage)]
    seen: set[str] = set()
    of_a_kind: Counter[str] = Counter()
    while waiting and len(seen) < _MOST:
        url = urljoin(stage.url, waiting.pop(0))
        kind = ID.sub("*", url)
        if url in seen or of_a_kind[kind] >= _OF_A_KIND or not url.startswith(stage.url):
            continue
        seen.add(url)
        of_a_kind[kind] += 1
        answer = actor.http.get(url, follow_redirects=False)
        if answer.is_redirect:
            waiting.append(urljoin(url, answer.headers["location"]))
        elif answer.headers.get("content-type", "").startswith("text/html"):
            page = Page(answer)
            waiting += page.links.values()
            yield page


def _consent_page(stage: Stage) -> str:
    return authorize_url(
        client_id="narrowbridge-cli",
        redirect_uri="http://127.0.0.1:5123/callback",
        scope="openid community:read",
        resource=stage.settings.customer_public_url,
    )


def _forms(stage: Stage, page: Page) -> Iterator[Target]:
    for form in page.forms:
        if form.action.startswith(stage.url):
            yield Target(form.method.upper(), urlsplit(form.action).path, tuple(_fields(form)))


def _fields(form: Form) -> Iterator[tuple[str, tuple[bytes, ...]]]:
    for name in sorted(form.asks - {""}):
        on_page = (form.values[name].encode(),) if form.values.get(name) else ()
        yield name, (*on_page, *LIKELY.get(name, ()))


def _query(page: Page) -> Iterator[Target]:
    for url in {page.url, *page.links.values()}:
        parts = urlsplit(url)
        pairs: Pairs = [(name, value.encode()) for name, value in parse_qsl(parts.query)]
        if pairs and urlsplit(page.url).netloc == parts.netloc and not parts.path.startswith("/oauth/"):
            yield Target("GET", parts.path, tuple((name, (value,)) for name, value in dict(pairs).items()))
