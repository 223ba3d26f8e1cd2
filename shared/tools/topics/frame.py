"""What stands around each page of a community: the viewer, the spaces, the links of the header."""

from collections.abc import Mapping
from typing import Any, Final

from starlette.requests import Request

from shared.db.context import ReadContext
from shared.kernel.actor import Actor
from shared.tools.people.schemas import PersonRef
from shared.tools.spaces.navigation import Navigation
from shared.tools.spaces.schemas import SpaceView
from shared.tools.topics.addresses import space_address, with_query
from shared.tools.topics.catalog import Catalog
from shared.web.page import asked_path
from shared.web.times import zone_named

MAY_POST: Final = frozenset({"post", "moderate", "manage"})
BESIDE: Final = 24
"""Spaces that stand beside every page; where there are more, the front page has them all."""
DONE: Final = {
    "topic-removed": "The topic was removed. Nobody sees it any more.",
    "post-removed": "The post was removed. Nobody sees it any more.",
    "profile": "Your profile was saved.",
    "space": "The space is open. So far only managers see it: say below who else may.",
    "grants": "Who may do what here was changed.",
    "group": "The group was made. Add people to it below.",
    "about": "The space was changed.",
    "archived": "The space is archived: it can be read, and nothing new is written in it.",
    "opened": "The space is open again.",
    "renamed": "The group was renamed.",
    "group-removed": "The group was removed.",
    "sharing": "What may be shared from this space was changed.",
    "members": "The members were changed.",
}
"""What is said on the page one is led to after a form, by the name in `?done=`."""


class CommunityFrame:
    """Implements `shared.web.page.Frame`.

    `site` is what `app.py` says about the community. Its `role_links`, `(role, label, url, icon)`, are shown
    to people who have the role: in their menu, and beside the page too when there is an icon.
    """

    def __init__(self, site: Mapping[str, Any], navigation: Navigation, catalog: Catalog) -> None:
        self._site = dict(site)
        self._links: dict[str, Any] = dict(self._site.get("links", {}))
        self._role_links: tuple[tuple[str, str, str, str], ...] = tuple(self._site.get("role_links", ()))
        self._navigation = navigation
        self._start_labels = {name: kind.start_label for name, kind in catalog.kinds.items()}

    async def values(self, request: Request, ctx: ReadContext, *, here: str | None) -> dict[str, Any]:
        known = await self._navigation.spaces(ctx)
        spaces = [space for space in known if space.archived_at is None]
        actor, path = ctx.actor, request.scope["path"]
        done = DONE.get(request.query_params.get("done", ""))
        return {
            "viewer": viewer_of(actor),
            "now": ctx.now().astimezone(zone_named(actor.time_zone)),
            "spaces": spaces,
            "archived": [space for space in known if space.archived_at is not None],
            "nav": [("Home", "/", path == "/", "home"), *self._desks(actor, path), *_beside(spaces, here)],
            "site": self._site | {"links": self._links_for(request, actor, spaces, here)},
            "flash": [{"text": done}] if done else [],
        }

    def _desks(self, actor: Actor, path: str) -> list[tuple[str, str, bool, str]]:
        return [
            (label, url, path.startswith(url), icon)
            for role, label, url, icon in self._role_links
            if icon and actor.has_role(role)
        ]

    def _links_for(
        self, request: Request, actor: Actor, spaces: list[SpaceView], here: str | None
    ) -> dict[str, Any]:
        if not actor.signed_in:
            return self._links | {"sign_in": sign_in_address(request)}
        own = [(label, url) for role, label, url, _ in self._role_links if actor.has_role(role)]
        return self._links | {
            "account_links": [*self._links.get("account_links", ()), *own],
            **self._action(spaces, here),
        }

    def _action(self, spaces: list[SpaceView], here: str | None) -> dict[str, str]:
        """The one main action of the header: to start something here, or to choose where."""
        open_to = [space for space in spaces if space.level in MAY_POST]
        if not open_to:
            return {}
        for space in open_to:
            if space.slug == here:
                return {
                    "action": f"{space_address(here)}/new",
                    "action_label": self._start_labels.get(space.kinds[0], "New topic"),
                }
        return {"action": "/new", "action_label": next(iter(self._start_labels.values()))}


def _beside(spaces: list[SpaceView], here: str | None) -> list[tuple[str, str, bool]]:
    """The spaces beside the page: the first ones, the one of this page, and the way to all of them."""
    shown = [s for number, s in enumerate(spaces) if number < BESIDE or s.slug == here]
    links = [(space.name, space_address(space.slug), space.slug == here) for space in shown]
    return links if len(shown) == len(spaces) else [*links, (f"All {len(spaces)} spaces", "/", False)]


def viewer_of(actor: Actor) -> PersonRef | None:
    return PersonRef(actor.person_id, actor.name) if actor.person_id else None


def sign_in_address(request: Request) -> str:
    """Signs in and comes back to the page asked for, without the place in a list: it is another's."""
    back = asked_path(request) if request.method == "GET" else "/"
    return with_query("/sign-in", return_to=back if back != "/" else None)
