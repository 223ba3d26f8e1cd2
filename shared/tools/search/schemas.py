"""What search gives back."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from pydantic import Field

from shared.tools.topics.schemas import TopicRow
from shared.web.asked import PageAsked


@dataclass(slots=True)
class SearchHit:
    """A topic that matches, with the passage that matches best."""

    topic: TopicRow
    post: Annotated[UUID, Field(description="The post with the best passage")]
    excerpt_html: Annotated[str, Field(description="Safe HTML; the words found are in <mark>")]


class SearchAsked(PageAsked):
    q: Annotated[
        str,
        Field(
            min_length=1,
            max_length=200,
            description='Words; "a phrase"; -without; or',
            examples=["gateway -wifi"],
        ),
    ]
    space: Annotated[UUID | None, Field(description="Only in this space")] = None
    kind: Annotated[str | None, Field(max_length=40, description="Only topics of this kind")] = None
    tag: Annotated[str | None, Field(max_length=35, description="Only topics with this tag")] = None
