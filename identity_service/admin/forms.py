"""Forms of many settings: what each is called, how it is read from a form, and what is wrong with it.

What may be said is ruled by the models alone; a form only asks for their fields.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel
from starlette.datastructures import FormData

from shared.kernel.errors import Problem
from shared.web.forms import Refusal

Kind = Literal["line", "lines", "words", "number", "flag", "choice", "choices", "text", "json", "secret"]
"""`words` are read apart at spaces and line ends, `lines` at line ends alone."""


@dataclass(frozen=True, slots=True)
class Field:
    """One setting. `options` are value, label and hint of what may be chosen."""

    name: str
    label: str
    kind: Kind = "line"
    hint: str = ""
    options: tuple[tuple[str, str, str], ...] = ()
    required: bool = False

    def read(self, form: FormData) -> Any:
        """What was typed, as `said` would say it."""
        match self.kind:
            case "flag":
                return self.name in form
            case "choices":
                return [str(value) for value in form.getlist(self.name)]
            case _:
                return str(form.get(self.name, ""))

    def said(self, value: Any) -> Any:
        """A value of the model as the form shows it."""
        match self.kind:
            case "flag":
                return bool(value)
            case "choices":
                return [str(one) for one in value or []]
            case "lines" | "words":
                return "\n".join(str(one) for one in value or [])
            case "json":
                return json.dumps(value, indent=2) if value is not None else ""
            case _:
                return "" if value is None else str(value)

    def meant(self, typed: Any) -> Any:
        """What the model is given. What cannot be read is left to it, to say why."""
        match self.kind:
            case "words":
                return typed.split()
            case "lines":
                return [line.strip() for line in typed.splitlines() if line.strip()]
            case "json":
                return _object(typed)
            case _:
                return typed.strip() if isinstance(typed, str) else typed


@dataclass(frozen=True, slots=True)
class Group:
    """Settings that belong together. Those that are rarely changed are folded away until one of them is."""

    title: str
    fields: tuple[Field, ...]
    hint: str = ""
    is_rare: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """A group as it stands on the page."""

    group: Group
    is_open: bool


def read(groups: Sequence[Group], form: FormData) -> dict[str, Any]:
    """What was typed, by name of the field."""
    return {field.name: field.read(form) for field in _fields(groups)}


def filled(groups: Sequence[Group], values: Mapping[str, Any]) -> dict[str, Any]:
    """The form of what there is."""
    return {field.name: field.said(values.get(field.name)) for field in _fields(groups)}


def empty(groups: Sequence[Group], model: type[BaseModel]) -> dict[str, Any]:
    """The form before anybody typed: with the model's defaults."""
    known = model.model_fields
    defaults = {
        name: None if field.is_required() else field.get_default(call_default_factory=True)
        for name, field in known.items()
    }
    return filled(groups, defaults)


def document(groups: Sequence[Group], typed: Mapping[str, Any]) -> dict[str, Any]:
    """What is given to the model. An empty field is left out: its default counts."""
    meant = {field.name: field.meant(typed[field.name]) for field in _fields(groups)}
    return {name: value for name, value in meant.items() if value not in ("", None)}


def shown(
    groups: Sequence[Group], typed: Mapping[str, Any], model: type[BaseModel], refused: Refusal
) -> list[Shown]:
    """The groups, with those open in which something is wrong or not as usual."""
    usual = empty(groups, model)

    def is_open(group: Group) -> bool:
        return not group.is_rare or any(
            refused.get(field.name) or typed[field.name] != usual[field.name] for field in group.fields
        )

    return [Shown(group, is_open(group)) for group in groups]


def facts(groups: Sequence[Group], values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Label and value of what is set, to be read only."""
    return [
        (f"{group.title}: {field.label}", _plain(field, values[field.name]))
        for group in groups
        for field in group.fields
        if values[field.name] not in (None, [], "")
    ]


def _plain(field: Field, value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    chosen = value if isinstance(value, list) else [value]
    labels = {option: label for option, label, _ in field.options}
    return ", ".join(labels.get(str(one), str(one)) for one in chosen)


def refusal(groups: Sequence[Group], problem: Problem, *, about: str) -> Refusal:
    """What is wrong with a form; what concerns no single field stands at `about`."""
    return Refusal(problem, about=about, labels={field.name: field.label for field in _fields(groups)})


def _fields(groups: Iterable[Group]) -> Iterable[Field]:
    return (field for group in groups for field in group.fields)


def _object(text: str) -> Any:
    """What is no JSON is left as it is: the model says what it wants."""
    if not text.strip():
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
