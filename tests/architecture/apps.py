"""The four apps as they are put together in production, never opened: no database is reached."""

import importlib
import os
import tempfile
from functools import cache
from pathlib import Path
from unittest.mock import patch

from fastapi import APIRouter, FastAPI

from shared.launch import environment
from shared.launch.state import Folder
from shared.launch.table import SERVICES

NAMES = tuple(service.name for service in SERVICES)


@cache
def app(name: str) -> FastAPI:
    """The app of "identity", "employee", "customer" or "bridge", at the ports 8000 to 8003."""
    service = next(service for service in SERVICES if service.name == name)
    with tempfile.TemporaryDirectory() as place:
        folder = Folder(Path(place))
        folder.make()
        told = environment.compute(folder, place=environment.Place(), server_port=5432, given={})
    with patch.dict(os.environ, told.of(service), clear=True):
        settings = importlib.import_module(f"{service.module}.settings").Settings()
    made: FastAPI = importlib.import_module(f"{service.module}.app").create_app(settings)
    return made


def paths(made: FastAPI | APIRouter) -> set[str]:
    """Every path that is answered, also of routers that FastAPI keeps folded."""
    found = set()
    for route in made.routes:
        folded = getattr(route, "original_router", None)
        found |= paths(folded) if folded is not None else {str(getattr(route, "path", ""))}
    return found
