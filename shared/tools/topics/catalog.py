"""One composition of the content core: its kinds, what other tools add, and the statements made of both."""

from typing import Any

from sqlalchemy import Select

from shared.tools.topics.kinds import Extension, KindSpec, Panel
from shared.tools.topics.queries import TopicQueries
from shared.tools.topics.views import Prefixed, ViewMaker


class Catalog:
    """Made once, in a service's `app.py`."""

    def __init__(
        self,
        kinds: tuple[KindSpec, ...],
        *,
        extensions: tuple[Extension, ...] = (),
        panels: tuple[Panel, ...] = (),
    ) -> None:
        self.kinds = {kind.name: kind for kind in kinds}
        self.panels = panels
        self.slots: dict[str, list[Panel]] = {"aside": [], "under_title": [], "post": [], "readers": []}
        for panel in panels:
            self.slots[panel.slot].append(panel)
        self.queries = TopicQueries(kinds, extensions)
        everything = (*(e for kind in kinds for e in kind.extensions), *extensions)
        topic_columns = {f"x_{e.name}": e.name for e in everything if e.topic_column is not None}
        post_columns = {f"px_{e.name}": e.name for e in everything if e.post_column is not None}
        post_columns |= {f"vx_{e.name}": e.name for e in everything if e.viewer_post_column is not None}
        abilities = tuple(e.topic_abilities for e in everything if e.topic_abilities is not None)
        self.views = ViewMaker(self.kinds, Prefixed(topic_columns), Prefixed(post_columns), abilities)

    def visible_rows(self, *more: Any) -> Select[Any]:
        """The topics the actor may see, with what `views.row` needs: where other tools' lists start from."""
        return self.queries.visible_rows(*more)
