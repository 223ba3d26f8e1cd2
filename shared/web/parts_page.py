"""`/dev/parts`: every part of the pages on one page, for the eye and for the checks. Development only."""

from datetime import UTC, datetime, timedelta
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from shared.web.templates import Pages

THEMES = {
    "inside": ("Narrowbridge", "Inside · colleagues only", "Members of the device team (14)", "group"),
    "outside": ("Narrowbridge Community", "Outside · open to all", "Everyone on the internet", "open"),
    "identity": ("Narrowbridge sign-in", "", "Everyone on the internet", "open"),
}
SECTIONS = ("Lists", "Topic", "Desk", "Forms", "Messages", "People", "Data")
BODY = """
<p>Our gateway publishes over <strong>MQTT</strong> through a cellular modem. After about
<em>four minutes</em> of silence the broker says the session is gone, see
<a href="#log">the log</a>. I tried <code>keepalive=60</code>:</p>
<pre><code>client.connect(host="broker.example.net", port=8883, keepalive=60, reconnect=True)
client.loop_forever()  # returns after 240 s with rc=7, and never calls on_disconnect again
</code></pre>
<h3>What I have ruled out</h3>
<ul><li>the certificate: valid until June</li><li>the broker: other devices stay
<ul><li>on Ethernet</li><li>on another carrier</li></ul></li></ul>
<blockquote><p>A keep-alive longer than the network's patience is no keep-alive.</p></blockquote>
<table><thead><tr><th>Carrier</th><th>Idle limit</th><th>Lost</th></tr></thead>
<tbody><tr><td>North</td><td>240 s</td><td>12 of 40</td></tr>
<tr><td>South</td><td>none seen</td><td>0 of 40</td></tr></tbody></table>
<ol><li>Is there a setting in the modem?</li><li>Or should the device say something now and then?</li></ol>
"""


def _person(name: str, key: str, note: str = "") -> dict[str, str]:
    return {"name": name, "id": key, "url": "#people", "note": note}


def _row(title: str, kind: str, now: datetime, **more: Any) -> dict[str, Any]:
    row = {"title": title, "kind": kind, "at": now, "space": "Devices", "author": "Ada Lovelace", "tags": []}
    return row | {"score": None, "replies": 0, "answered": False, "excerpt": "", "official": False} | more


def rows(now: datetime) -> list[dict[str, Any]]:
    """Topics of several kinds, long and short."""
    hours = timedelta(hours=1)
    return [
        _row(
            "MQTT connection drops after four minutes of silence on a cellular modem",
            "question",
            now - hours / 4,
            tags=[("mqtt", "#mqtt"), ("modem", "#modem")],
            replies=4,
            score=17,
            answered=True,
            official=True,
        ),
        _row("Which gateway do you use in the field?", "discussion", now - 5 * hours, replies=38),
        _row(
            "Let a sensor say how long it will sleep",
            "idea",
            now - 52 * hours,
            score=1204,
            tags=[("power-saving", "#power")],
            excerpt="The platform marks sleeping devices as lost. If they announced their sleep, "
            "alarms would mean something.",
        ),
        _row("Firmware 4.2 is out", "article", now - 90 * hours, author="Tomoko Arai", replies=1944),
    ]


def values(now: datetime, theme: str) -> dict[str, Any]:
    """What the page shows. `theme` names an entry of THEMES."""
    _, _, readers, scope = THEMES[theme]
    names = [f"{a} {b}" for a, b in zip("ABCDEFGHIJKLMNOP", "QRSTUVWXYZABCDEF", strict=True)]
    return {
        "now": now,
        "at": now - timedelta(days=3, hours=2),
        "edited": now - timedelta(hours=2),
        "viewer": _person("Grace Hopper", "c"),
        "author": _person("Ada Lovelace", "7"),
        "second": _person("Grace Hopper", "c", "Trusted member"),
        "third": _person("Tomoko Arai", "3", "Device support"),
        "body": BODY,
        "readers": readers,
        "scope": scope,
        "outside_readers": "Everyone outside will read this",
        "rows": rows(now),
        "names": names,
        "nav": [("Home", "/", False, "home"), ("Devices", "#lists", True), ("Billing", "#data", False)],
        "sections": [(name, f"#{name.lower()}", False) for name in SECTIONS],
    }


def site_of(theme: str) -> dict[str, Any]:
    name, line, _, _ = THEMES[theme]
    links = {
        "search": "/search",
        "action": "#compose",
        "action_label": "Ask a question",
        "sign_out": "/sign-out",
        "profile": "#people",
        "account_links": [("Notifications", "#n"), ("Settings", "#s")],
        "footer": [("What can be shared", "#shared"), ("Help", "#help")],
    }
    return {"name": name, "theme": theme, "audience_line": line, "title_prefix": "", "links": links}


def parts_router(pages: Pages, own: str) -> APIRouter:
    """Mount in development only. `own` is the service's theme; `?theme=` shows another's clothes."""
    router = APIRouter(include_in_schema=False)

    @router.get("/dev/parts")
    async def parts(theme: str = own) -> Response:
        if theme not in THEMES:
            theme = own
        return pages.page("parts.html", site=site_of(theme), **values(datetime.now(UTC), theme))

    return router
