"""The JSON Schema of the contract, written beside the code so that a change of it is a visible diff.

`python -m shared.bridge.schema` writes the file; a test compares it with the messages.
"""

import json
from pathlib import Path
from typing import Any, Final

from pydantic.json_schema import models_json_schema

from shared.bridge.manifest import manifest
from shared.bridge.messages import MESSAGES

SNAPSHOT: Final = Path(__file__).with_name("schema.v1.json")


def schema() -> dict[str, Any]:
    """One JSON Schema (2020-12) whose `$defs` are the messages."""
    _, definitions = models_json_schema([(message, "serialization") for message in MESSAGES], by_alias=True)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"What may cross the bridge, version {manifest().version}",
        **definitions,
    }


def rendered() -> str:
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    SNAPSHOT.write_text(rendered(), "utf-8")
