"""What comes in about questions."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict
from pydantic_core import PydanticCustomError


class AcceptedAnswer(BaseModel):
    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"post": "0198b4c2-7d5a-7e0b-9c4f-2b1f6a3d8e10"}]}
    )

    post: UUID


def _number(given: Any) -> Any:
    """Python takes `true` for 1."""
    if isinstance(given, bool):
        raise PydanticCustomError("int_type", "Input should be 1 or -1")
    return given


class VotePut(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"value": 1}]})

    value: Annotated[Literal[1, -1], BeforeValidator(_number)]
