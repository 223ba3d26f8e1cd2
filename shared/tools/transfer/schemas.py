"""What goes in and out about imported content."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict


class PersonMerge(BaseModel):
    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"into": "0198b4c2-7d5a-7e0b-9c4f-2b1f6a3d8e10"}]}
    )

    into: UUID


@dataclass(slots=True)
class MergeView:
    """The imported person, and the account that has written their texts from now on."""

    id: UUID
    merged_into: UUID


@dataclass(slots=True)
class TopicLinkView:
    """Another topic that this one points at (`to`), or that points at this one (`from`)."""

    id: UUID
    title: str
    slug: str
    kind: Literal["linked", "duplicate"]
    direction: Literal["to", "from"]
