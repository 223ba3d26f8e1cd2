"""One installation for a whole walk."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.installation import Installation


@pytest.fixture
def installation() -> Iterator[Installation]:
    """Running, with its demonstration. The folder's name is short: sockets lie in it."""
    folder = Path(tempfile.mkdtemp(prefix="narrowbridge-walk-"))
    made = Installation(folder)
    try:
        made.start()
        yield made
    finally:
        made.clear()
        shutil.rmtree(folder, ignore_errors=True)
