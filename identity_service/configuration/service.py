"""Reading a file, saying what it would change, applying it, and writing one."""

from collections.abc import Iterable
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from identity_service.configuration import clients, people, roles, upstreams
from identity_service.configuration.changes import Change
from identity_service.configuration.errors import BadFile
from identity_service.configuration.schemas import Document
from identity_service.upstreams.schemas import KINDS
from identity_service.visit import Visit
from shared.kernel.text import case_mapped

LARGEST = 10_000_000
"""Bytes of a file."""


def read(text: str) -> Document:
    """The document of a YAML or JSON text. Raises BadFile, which names every place that does not fit."""
    if len(text) > LARGEST:
        raise BadFile(f"The file is larger than {LARGEST:,} bytes.")
    try:
        document = Document.model_validate(yaml.safe_load(text) or {})
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}" if mark else ""
        raise BadFile(f"The file is neither YAML nor JSON{where}.") from None
    except ValidationError as error:
        raise BadFile("\n".join(_places(error))) from None
    _require_once("client", (client.id for client in document.clients))
    _require_once("role", (role.name for role in document.roles))
    _require_once("upstream", (upstream.id for upstream in document.upstreams))
    _require_once("person", (f"{one.realm} {case_mapped(one.email)}" for one in document.people))
    return document


def _places(error: ValidationError) -> Iterable[str]:
    """Where and why, without the values: they may be secrets."""
    for one in error.errors(include_input=False, include_url=False):
        where = ".".join(str(step) for step in one["loc"] if step not in KINDS) or "the file"
        yield f"{where}: {one['msg'].removeprefix('Value error, ')}"


async def plan(visit: Visit, document: Document) -> list[Change]:
    """What applying the document would change, in the order in which it is done. Raises Problem."""
    return [
        *await roles.plan(visit, document.roles),
        *await people.plan_organisations(visit, document.organisations),
        *await clients.plan(visit, document.clients),
        *await people.plan_people(visit, document.people),
        *await upstreams.plan(visit, document.upstreams),
    ]


async def apply(visit: Visit, changes: Iterable[Change]) -> list[str]:
    """Make the changes in this one transaction. Returns what is to be shown once: secrets made just now."""
    said: list[str] = []
    for change in changes:
        said += await change.act(visit)
    return said


async def export(visit: Visit) -> str:
    """A file that describes what there is, without secrets; applied again it changes nothing."""
    document: dict[str, Any] = {
        "roles": await roles.export(visit),
        "organisations": await people.export_organisations(visit),
        "clients": await clients.export(visit),
        "people": await people.export_people(visit),
        "upstreams": await upstreams.export(visit),
    }
    return yaml.safe_dump(_plain(document), sort_keys=False, allow_unicode=True)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    return str(value) if isinstance(value, str) else value


def _require_once(what: str, names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise BadFile(f"The {what} {name} stands twice in the file.")
        seen.add(name)
