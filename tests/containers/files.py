"""The container files as data."""

import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
COMPOSE = ROOT / "docker-compose.yml"
IMAGES = ("identity", "employee", "customer")


@cache
def compose() -> dict[str, Any]:
    """docker-compose.yml with its anchors resolved."""
    loaded: dict[str, Any] = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))
    return loaded


def services() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = compose()["services"]
    return found


def ours() -> dict[str, dict[str, Any]]:
    """The services that run this project's code."""
    return {name: service for name, service in services().items() if "build" in service}


def dockerfile(image: str) -> list[list[str]]:
    """Instructions as words, continuation lines joined."""
    text = (ROOT / f"{image}_service" / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    return [line.split() for line in text.splitlines() if line.strip() and not line.startswith("#")]


def copied(image: str) -> list[str]:
    """What the last stage takes from the project."""
    last = max(place for place, words in enumerate(dockerfile(image)) if words[0] == "FROM")
    return [
        source
        for words in dockerfile(image)[last:]
        if words[0] == "COPY" and not words[1].startswith("--from")
        for source in words[1:-1]
    ]


def interpolated(value: Any) -> set[str]:
    """The variables that a value takes from `.env`."""
    return set(re.findall(r"\$\{([A-Z0-9_]+)", str(value)))
