"""Schema, lint and references."""

import importlib
import importlib.util
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest
from pydantic_settings import BaseSettings

from deploy.make_env import settings as made_settings
from shared.launch.table import SERVICES
from tests.architecture.sources import nothing, product
from tests.containers.files import (
    COMPOSE,
    IMAGES,
    ROOT,
    compose,
    copied,
    dockerfile,
    interpolated,
    ours,
    services,
)

BIN = Path(sys.executable).parent
OPTIONAL = "identity_service/upstreams/saml/"
OWN_MODULE = {"bridge": "customer_service.bridge"}
NOT_SETTINGS = {"PORT", "ADMIN_DATABASE_URL"}
"""Read by the health check and by the making of databases, which are no services."""


def tool(*command: str) -> None:
    answer = subprocess.run([BIN / command[0], *command[1:]], capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_compose_fits_its_schema() -> None:
    tool("check-jsonschema", "--builtin-schema", "vendor.compose-spec", str(COMPOSE))


@pytest.mark.parametrize("image", IMAGES)
def test_dockerfiles_have_no_lint(image: str) -> None:
    tool("hadolint", str(ROOT / f"{image}_service" / "Dockerfile"))


@pytest.mark.parametrize("image", IMAGES)
def test_an_image_holds_its_own_service_only(image: str) -> None:
    """Nothing of the other services, no tests, no data: what is not there cannot leak."""
    assert copied(image) == ["shared", f"{image}_service"]
    assert all((ROOT / name).exists() for name in copied(image))


@pytest.mark.parametrize("image", IMAGES)
def test_images_run_as_nobody_and_say_how_they_are(image: str) -> None:
    words = {line[0]: line[1:] for line in dockerfile(image)}
    assert words["USER"] == ["10001"]
    assert "shared.web.healthy" in " ".join(words["HEALTHCHECK"])
    assert f'"{image}_service"' in " ".join(words["ENTRYPOINT"])


@pytest.mark.parametrize("image", IMAGES)
def test_no_secret_stands_in_a_file(image: str) -> None:
    """A build argument or an ENV stays in the image for whoever pulls it. The one that there is switches on
    what is optional."""
    assert {line[1] for line in dockerfile(image) if line[0] == "ARG"} <= {'SAML=""'}
    given = [word.partition("=")[0] for line in dockerfile(image) if line[0] == "ENV" for word in line[1:]]
    assert set(given) <= {"PATH", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "PORT"}


def settings_of(name: str) -> type[BaseSettings]:
    """What the program named so in docker-compose.yml is told."""
    program = name.partition("-")[0]
    module = importlib.import_module(f"{OWN_MODULE.get(program, program + '_service')}.settings")
    found: type[BaseSettings] = getattr(module, "OwnerSettings" if name.endswith("-migrate") else "Settings")
    return found


def variables_of(name: str) -> dict[str, bool]:
    """The variables it may be told, and whether each must be set."""
    return {
        str(field.validation_alias or field_name.upper()): field.is_required()
        for field_name, field in settings_of(name).model_fields.items()
    }


@pytest.mark.parametrize("name", sorted(ours()))
def test_every_variable_is_a_setting_and_no_required_one_is_missing(name: str) -> None:
    given = set(ours()[name]["environment"])
    if name.endswith("-bootstrap"):
        prefix = name.partition("-")[0].upper()
        assert given - {"BRIDGE_DATABASE_URL"} == {
            "ADMIN_DATABASE_URL",
            f"{prefix}_DATABASE_URL",
            f"{prefix}_DATABASE_OWNER_URL",
        }
        return
    declared = variables_of(name)
    nothing(given - set(declared) - NOT_SETTINGS)
    nothing(variable for variable, required in declared.items() if required and variable not in given)


@pytest.mark.parametrize("name", sorted(ours()))
def test_only_migrations_know_the_owner_and_only_bootstrap_the_administrator(name: str) -> None:
    given = set(ours()[name]["environment"])
    owner = any(variable.endswith("_OWNER_URL") for variable in given)
    assert owner == name.endswith(("-migrate", "-bootstrap"))
    assert ("ADMIN_DATABASE_URL" in given) == name.endswith("-bootstrap")


@pytest.mark.parametrize("name", sorted(ours()))
def test_no_service_is_told_another_s_database(name: str) -> None:
    """The bridge has a role of its own in the outer database; making that database makes the role."""
    program = name.partition("-")[0]
    urls = {variable for variable in ours()[name]["environment"] if "DATABASE" in variable} - NOT_SETTINGS
    mine = {f"{program.upper()}_DATABASE_URL", f"{program.upper()}_DATABASE_OWNER_URL"}
    extra = {"BRIDGE_DATABASE_URL"} if name == "customer-bootstrap" else set()
    nothing(urls - mine - extra)


def test_what_compose_insists_on_is_what_make_env_makes() -> None:
    """The two commands at the head of the file are enough."""
    text = COMPOSE.read_text(encoding="utf-8")
    insisted = set(re.findall(r"\$\{([A-Z0-9_]+):\?", text))
    made = made_settings("example.com")
    nothing(insisted - set(made))
    nothing(set(made) - interpolated(text))


def test_the_made_settings_are_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each program starts with what compose would give it."""
    made = made_settings("example.com")
    for name, service in ours().items():
        if name.endswith("-bootstrap"):
            continue
        with monkeypatch.context() as environment:
            for variable, value in service["environment"].items():
                environment.setenv(variable, filled(str(value), made))
            settings_of(name)()


def filled(value: str, made: dict[str, str]) -> str:
    return re.sub(
        r"\$\{([A-Z0-9_]+)(?::[-?]([^}]*))?\}", lambda match: made.get(match[1], match[2] or ""), value
    )


def test_every_named_file_and_module_is_there() -> None:
    for service in services().values():
        for volume in service.get("volumes", ()):
            if volume.startswith("./"):
                assert (ROOT / volume.partition(":")[0]).exists(), volume
    for name, service in ours().items():
        assert (ROOT / service["build"]["dockerfile"]).exists()
        if entry := service.get("entrypoint"):
            assert importlib.util.find_spec(entry[2]), name


def reaches(name: str) -> set[str]:
    """Who is on a network with it."""
    networks = set(services()[name]["networks"])
    return {other for other, its in services().items() if networks & set(its["networks"])} - {name}


def programs(names: set[str]) -> set[str]:
    return {name for name in names if not name.endswith(("-migrate", "-bootstrap", "-worker"))}


def test_inside_reaches_identity_the_bridge_and_its_own_database_only() -> None:
    assert programs(reaches("employee")) == {"proxy", "identity", "bridge", "employee-db"}
    assert programs(reaches("employee-worker")) == {"employee", "identity", "bridge", "employee-db"}


def test_outside_does_not_reach_inside() -> None:
    for name in ("customer", "customer-worker", "customer-migrate"):
        assert not {other for other in reaches(name) if other.startswith("employee")}


def test_no_service_is_on_a_network_with_another_s_database() -> None:
    found = []
    for name in services():
        for other in reaches(name):
            owner = other.removesuffix("-db")
            guests = {"bridge"} if owner == "customer" else set()
            if other.endswith("-db") and name.partition("-")[0] not in {owner, *guests}:
                found.append(f"{name} reaches {other}")
    nothing(found)


def test_only_the_proxy_is_reached_from_the_world() -> None:
    assert [name for name, service in services().items() if "ports" in service] == ["proxy"]
    networks: dict[str, Any] = compose()["networks"]
    open_ones = {name for name, network in networks.items() if not (network or {}).get("internal")}
    assert open_ones == {"world", "mail"}
    assert [name for name, service in services().items() if "mail" in service["networks"]] == [
        "identity-worker"
    ]


def test_the_proxy_leads_to_the_ports_that_services_listen_on() -> None:
    caddy = (ROOT / "deploy" / "Caddyfile").read_text(encoding="utf-8")
    assert dict(re.findall(r"reverse_proxy ([a-z]+):(\d+)", caddy)) == {
        service.name: str(8000 + service.port) for service in SERVICES
    }
    assert set(re.findall(r"\{\$([A-Z_]+)\}", caddy)) == set(services()["proxy"]["environment"])


@pytest.mark.parametrize("image", IMAGES)
def test_an_image_installs_what_its_code_imports(image: str) -> None:
    """The packages of the service's group and of all; what only the launcher or the tests need is not in.
    What may be missing is imported late."""
    installed, with_optional = closure(image), closure(image, "saml")
    by_module = packages_distributions()
    missing = []
    for source in product():
        top = source.name.split("/")[0]
        if top not in ("shared", f"{image}_service") or source.name.startswith("shared/launch/"):
            continue
        for node, name in source.imports():
            module = name.split(".")[0]
            distributions = {normal(one) for one in by_module.get(module, ())}
            is_optional = source.name.startswith(OPTIONAL)
            if (
                distributions
                and not distributions & (with_optional if is_optional else installed)
                and module not in ("shared", f"{image}_service")
            ):
                missing.append(f"{source.at(node)} imports {module}")
    nothing(missing)


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def closure(*groups: str) -> set[str]:
    """The project's dependencies, those of the groups, and theirs in turn."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    named = [*project["project"]["dependencies"]]
    named += [one for group in groups for one in project["dependency-groups"][group]]
    waiting = [normal(re.match(r"[A-Za-z0-9._-]+", one)[0]) for one in named]  # type: ignore[index] # a name
    packages = {one["name"]: one for one in tomllib.loads((ROOT / "uv.lock").read_text("utf-8"))["package"]}
    found: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in found and name in packages:
            found.add(name)
            optional = packages[name].get("optional-dependencies", {}).values()
            waiting += [one["name"] for one in packages[name].get("dependencies", ())]
            waiting += [one["name"] for group in optional for one in group]
    return found
