"""Reading `manifest.toml`, the list of everything that may cross the bridge."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Final, Literal, cast, get_args

Direction = Literal["outward", "inward"]
FieldClass = Literal["content", "pseudonym", "consented", "operational"]

FILE: Final = "manifest.toml"
_FIELD_KEYS: Final = {"class", "meaning", "purpose"}
_MESSAGE_KEYS: Final = {"direction", "meaning", "purpose", "fields"}


class BadManifest(ValueError):
    """The manifest does not say of each message and field what it must say."""


@dataclass(frozen=True, slots=True)
class ManifestEntry:
    """One field of one message."""

    name: str
    field_class: FieldClass
    meaning: str
    purpose: str


@dataclass(frozen=True, slots=True)
class MessageEntry:
    """One message and all its fields, in the order of the file."""

    name: str
    direction: Direction
    meaning: str
    purpose: str
    fields: tuple[ManifestEntry, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(field.name for field in self.fields)


@dataclass(frozen=True, slots=True)
class Manifest:
    version: int
    messages: MappingProxyType[str, MessageEntry]

    def plain(self) -> dict[str, Any]:
        """The manifest as the message `manifest` carries it, without its digest."""
        return {"version": self.version, "messages": [_plain(message) for message in self.messages.values()]}


@cache
def manifest() -> Manifest:
    """The manifest this code was shipped with. Raises `BadManifest`."""
    return read(files("shared.bridge").joinpath(FILE).read_text("utf-8"))


def read(text: str) -> Manifest:
    """Raises `BadManifest` when something is missing, unknown or empty."""
    source = tomllib.loads(text)
    if set(source) != {"version", "messages"}:
        raise BadManifest("the manifest has a version and messages, and nothing else")
    messages = {name: _message(name, entry) for name, entry in source["messages"].items()}
    return Manifest(source["version"], MappingProxyType(messages))


def _message(name: str, entry: dict[str, Any]) -> MessageEntry:
    _require(name, entry, _MESSAGE_KEYS)
    if entry["direction"] not in get_args(Direction):
        raise BadManifest(f"{name}: the direction is outward or inward")
    fields = tuple(_field(f"{name}.{field}", field, about) for field, about in entry["fields"].items())
    return MessageEntry(name, entry["direction"], entry["meaning"], entry["purpose"], fields)


def _field(path: str, name: str, entry: dict[str, Any]) -> ManifestEntry:
    _require(path, entry, _FIELD_KEYS)
    if entry["class"] not in get_args(FieldClass):
        raise BadManifest(f"{path}: the class is one of {', '.join(get_args(FieldClass))}")
    return ManifestEntry(name, cast(FieldClass, entry["class"]), entry["meaning"], entry["purpose"])


def _require(path: str, entry: dict[str, Any], keys: set[str]) -> None:
    if set(entry) != keys or not all(entry.values()):
        raise BadManifest(f"{path}: must say {', '.join(sorted(keys))}, and nothing else")


def _plain(message: MessageEntry) -> dict[str, Any]:
    return {
        "name": message.name,
        "direction": message.direction,
        "meaning": message.meaning,
        "purpose": message.purpose,
        "fields": [
            {"name": f.name, "class": f.field_class, "meaning": f.meaning, "purpose": f.purpose}
            for f in message.fields
        ],
    }
