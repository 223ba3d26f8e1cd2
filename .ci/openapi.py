"""Write docs/openapi/*.json: the API of each service as it stands, to be read in the difference."""

import json
import sys
from pathlib import Path

PROJECT = Path(__file__).parents[1]
sys.path.insert(0, str(PROJECT))

from tests.architecture.apps import NAMES, app  # noqa: E402


def main() -> None:
    folder = PROJECT / "docs" / "openapi"
    folder.mkdir(parents=True, exist_ok=True)
    for name in NAMES:
        text = json.dumps(app(name).openapi(), indent=2, sort_keys=True, ensure_ascii=False)
        (folder / f"{name}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
