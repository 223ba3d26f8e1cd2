"""What comes in about questions."""

from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict


class AcceptedAnswer(BaseModel):
    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"post": "0198b4c2-7d5a-7e0b-9c4f-2b1f6a3d8e10"}]}
    )

    post: UUID


class VotePut(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"value": 1}]})

    value: Literal[1, -1]
