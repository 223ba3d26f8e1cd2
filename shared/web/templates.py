"""Pages: one Jinja environment per service, over the templates of the tools it mounts."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import (
    BytecodeCache,
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PrefixLoader,
    StrictUndefined,
    Template,
)
from jinja2.bccache import Bucket
from jinja2.environment import TemplateModule
from jinja2.runtime import Context
from starlette.responses import Response

from shared.web.leaves import ago, avatar, byline, icon_from, once, post_article, vote_from
from shared.web.times import full_time

HERE = Path(__file__).parent
STATIC = HERE / "static"


def grouped(number: int) -> str:
    """`1,944`."""
    return f"{number:,}"


@cache
def static_url(name: str) -> str:
    """An address that changes with the file, so that it may be cached for a year."""
    return f"/static/{name}?v={int((STATIC / name).stat().st_mtime)}"


ICON = icon_from(static_url("icons.svg"))
VOTE = vote_from(ICON)


class _Compiled(BytecodeCache):
    """Templates are compiled once for all apps of a process."""

    def __init__(self) -> None:
        self._known: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._known:
            bucket.bytecode_from_string(self._known[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._known[bucket.key] = bucket.bytecode_to_string()


_COMPILED = _Compiled()


class _Template(Template):
    def _get_default_module(self, ctx: Context | None = None) -> TemplateModule:
        # With a context, Jinja looks at each import for globals given to one template only. Ours are all of
        # the environment, and looking took a third of the time of an empty page.
        return super()._get_default_module()


class _Environment(Environment):
    template_class = _Template


class Pages:
    """Renders templates with what every page needs: the site, the viewer, the time."""

    def __init__(
        self, site: Mapping[str, Any], folders: Mapping[str, Path], own: Iterable[Path] = ()
    ) -> None:
        """`folders` maps a tool's name to its templates: `topics/show.html` comes from that tool.

        `own` are folders searched first, so that a service can replace a page.
        """
        self.environment = _Environment(
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
            bytecode_cache=_COMPILED,
        )
        self.environment.filters.update(full_time=full_time, grouped=grouped, moment=datetime.fromisoformat)
        self.site = dict(site)
        self.environment.globals.update(
            site=self.site,
            static_url=static_url,
            draw_icon=ICON,
            draw_avatar=avatar,
            draw_ago=ago,
            draw_byline=byline,
            draw_post=post_article,
            draw_vote=VOTE,
            once=once,
        )

    def render(self, template: str, **values: Any) -> str:
        return self.environment.get_template(template).render(values)

    def page(
        self, template: str, *, status: int = 200, headers: Mapping[str, str] | None = None, **values: Any
    ) -> Response:
        return Response(self.render(template, **values), status, headers, media_type="text/html")
