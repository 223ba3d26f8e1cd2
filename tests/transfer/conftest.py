"""Dumps to read: one good one made once, and folders to spoil."""

from pathlib import Path

import pytest

from tests.transfer.make_dump import SITE, FakeDump, fake_dump, pack


@pytest.fixture(scope="session")
def whole() -> FakeDump:
    """A dump of 300 questions; leave it as it is."""
    return fake_dump()


@pytest.fixture(scope="session")
def dump_folder(whole: FakeDump, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The whole dump as a folder; leave it as it is."""
    return whole.write(tmp_path_factory.mktemp("dumps") / SITE)


@pytest.fixture(scope="session")
def dump_archive(dump_folder: Path) -> Path:
    """The same, packed."""
    return pack(dump_folder, dump_folder.with_name(f"{SITE}.tar.xz"))


@pytest.fixture
def small() -> FakeDump:
    """A dump of 12 questions, to change before it is written."""
    return fake_dump(questions=12, users=20)
