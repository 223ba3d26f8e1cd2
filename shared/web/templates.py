"""Pages: one Jinja environment per service, over the templates of the tools it mounts."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PrefixLoader, StrictUndefined
from starlette.responses import Response

HERE = Path(__file__).parent
STATIC = HERE / "static"


def full_time(value: datetime, zone: str = "UTC") -> str:
    """`4 March 2026, 14:05 UTC`."""
    local = value.astimezone(ZoneInfo(zone))
    return f"{local.day} {local:%B %Y, %H:%M} {local.tzname()}"


def relative_time(value: datetime, now: datetime) -> str:
    """How long ago, in words; a date when it is more than a month."""
    seconds = (now - value).total_seconds()
    if seconds < 60:
        return "just now"
    for size, word in ((86400 * 30, ""), (86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            if not word:
                return f"{value.day} {value:%b %Y}"
            count = int(seconds // size)
            return f"{count} {word}{'s' if count > 1 else ''} ago"
    return "just now"


def grouped(number: int) -> str:
    """`1,944`."""
    return f"{number:,}"


class Pages:
    """Renders templates with what every page needs: the site, the viewer, the time."""

    def __init__(
        self, site: Mapping[str, Any], folders: Mapping[str, Path], own: Iterable[Path] = ()
    ) -> None:
        """`folders` maps a tool's name to its templates: `topics/show.html` comes from that tool.

        `own` are folders searched first, so that a service can replace a page.
        """
        self.environment = Environment(
            loader=ChoiceLoader(
                [
                    FileSystemLoader([*own, HERE / "templates"]),
                    PrefixLoader({name: FileSystemLoader(folder) for name, folder in folders.items()}),
                ]
            ),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self.environment.filters.update(full_time=full_time, relative_time=relative_time, grouped=grouped)
        self.site = dict(site)
        self.environment.globals.update(site=self.site, static_url=self.static_url)

    @staticmethod
    def static_url(name: str) -> str:
        """An address that changes with the file, so that it may be cached for a year."""
        return f"/static/{name}?v={int((STATIC / name).stat().st_mtime)}"

    def render(self, template: str, **values: Any) -> str:
        return self.environment.get_template(template).render(values)

    def page(
        self, template: str, *, status: int = 200, headers: Mapping[str, str] | None = None, **values: Any
    ) -> Response:
        return Response(self.render(template, **values), status, headers, media_type="text/html")
