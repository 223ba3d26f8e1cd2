"""What is installed is what was locked, and anyone can fetch it from the public index."""

import re
import tomllib

from tests.architecture.sources import ROOT, nothing

PUBLIC = {"pypi.org", "files.pythonhosted.org"}
LINE = re.compile(r"^([a-z0-9][a-z0-9._-]*)(?:\[[^\]]+\])?==([^ ;\\]+)", re.MULTILINE)
HASH = re.compile(r"--hash=(sha256:[0-9a-f]{64})")

LOCK = (ROOT / "uv.lock").read_text(encoding="utf-8")
REQUIREMENTS = (ROOT / "requirements.lock").read_text(encoding="utf-8")


def locked() -> dict[str, tuple[str, set[str]]]:
    """Version and hashes by name, the project itself aside."""
    found = {}
    for package in tomllib.loads(LOCK)["package"]:
        if "virtual" in package["source"] or "editable" in package["source"]:
            continue
        files = [*package.get("wheels", ()), *([package["sdist"]] if "sdist" in package else ())]
        found[package["name"]] = (package["version"], {file["hash"] for file in files})
    return found


def required() -> dict[str, tuple[str, set[str]]]:
    """The same, from requirements.lock."""
    found = {}
    for block in re.split(r"\n(?=[a-z0-9])", REQUIREMENTS):
        if match := LINE.match(block):
            found[match[1]] = (match[2], set(HASH.findall(block)))
    return found


def test_the_lock_names_the_public_index_only() -> None:
    """A mirror's host in the lock works for whoever stands behind that mirror, and for nobody else."""
    nothing(set(re.findall(r"https?://([^/\"]+)", LOCK)) - PUBLIC)


def test_requirements_name_no_place_at_all() -> None:
    """They are the way in where the public index is reached through a mirror only: hashes, no addresses."""
    nothing(
        line
        for line in REQUIREMENTS.splitlines()
        if re.search(r"https?://|^-i |--(extra-)?index-url|--find-links|--trusted-host|^-e ", line)
    )


def test_both_locks_say_the_same() -> None:
    """`make lock` writes both; one changed by hand would install something nobody tested."""
    by_uv, by_pip = locked(), required()
    nothing(f"only one of the locks knows {name}" for name in by_uv.keys() ^ by_pip.keys())
    nothing(
        f"{name}: {by_uv[name][0]} in uv.lock, {by_pip[name][0]} in requirements.lock"
        for name in by_uv
        if by_uv[name] != by_pip[name]
    )


def test_every_requirement_has_hashes() -> None:
    """`pip install --require-hashes` refuses the whole file when one is missing."""
    nothing(name for name, (_, hashes) in required().items() if not hashes)


def test_a_wheel_exists_for_everything() -> None:
    """Nothing is compiled on the machine of whoever tries this: each package has a wheel for Linux."""
    found = []
    for package in tomllib.loads(LOCK)["package"]:
        names = [wheel["url"].rpartition("/")[2] for wheel in package.get("wheels", ())]
        fits = any("-none-any." in name or "linux_x86_64" in name or "manylinux" in name for name in names)
        if not fits and "registry" in package["source"]:
            found.append(package["name"])
    nothing(found)
