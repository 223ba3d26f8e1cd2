"""What search gives back."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from pydantic import Field

from shared.tools.topics.schemas import TopicRow


@dataclass(slots=True)
class SearchHit:
    """A topic that matches, with the passage that matches best."""

    topic: TopicRow
    post: Annotated[UUID, Field(description="The post with the best passage")]
    excerpt_html: Annotated[str, Field(description="Safe HTML; the words found are in <mark>")]
