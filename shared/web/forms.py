"""Forms: what was typed goes through the models of the API; what does not fit is said beside its field."""

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from shared.kernel.errors import FieldError, Invalid, Problem
from shared.web.fields import Disagrees

Model = TypeVar("Model", bound=BaseModel)


def _words(kind: str, context: Mapping[str, Any], message: str) -> str:
    """Pydantic's complaint as one would say it to whoever filled the form."""
    match kind:
        case "string_too_short" if context["min_length"] == 1:
            return "Write something here."
        case "string_too_short":
            return f"Write at least {context['min_length']} characters."
        case "string_too_long":
            return f"This is too long: {context['max_length']:,} characters at most."
        case "too_long":
            return f"Give {context['max_length']} at most."
        case "too_short":
            return f"Choose {context['min_length']} at least."
        case "missing":
            return "Write something here."
        case "int_parsing" | "int_from_float":
            return "Write a whole number."
        case "greater_than_equal":
            return f"Write {context['ge']} or more."
        case "less_than_equal":
            return f"Write {context['le']} or less."
        case "uuid_parsing":
            return "This is no id."
        case "literal_error":
            return f"Choose {context['expected']}."
        case "value_error":
            reason = str(context["error"])
            return f"{reason[:1].upper()}{reason[1:]}."
        case _:
            return message


def _field(place: tuple[int | str, ...], context: Mapping[str, Any]) -> str:
    """The field that an error is about; of two that disagree, the one to look at first."""
    if place:
        return str(place[0])
    reason = context.get("error")
    return reason.field if isinstance(reason, Disagrees) else ""


def read(model: type[Model], patterns: Mapping[str, str] | None = None, **typed: Any) -> Model:
    """`typed` as the model. Raises `Invalid`, naming each field.

    `patterns` says in words what a field must look like.
    """
    try:
        return model.model_validate(typed)
    except ValidationError as error:
        fields = []
        for e in error.errors(include_url=False, include_input=False):
            name, context = _field(e["loc"], e.get("ctx", {})), e.get("ctx", {})
            said = _words(e["type"], context, e["msg"])
            if e["type"] == "string_pattern_mismatch":
                said = (patterns or {}).get(name, said)
            number = next((f"Number {step + 1}: " for step in e["loc"] if isinstance(step, int)), "")
            fields.append(FieldError(f"/{name}", f"request.{e['type']}", number + said))
        raise Invalid(fields=tuple(fields)) from None


class Refusal:
    """Why a form was not taken, for the page that shows it again.

    `ids` gives the HTML id of fields that are not named `f-<name>`, and `labels` what they are called there.
    A problem that names no field is about the one named by `about`.
    """

    def __init__(
        self,
        problem: Problem,
        *,
        ids: Mapping[str, str] | None = None,
        about: str | None = None,
        labels: Mapping[str, str] | None = None,
    ) -> None:
        self._ids = ids or {}
        self._labels = labels or {}
        self.by_field: dict[str, str] = {}
        for field in problem.fields:
            name = field.pointer.removeprefix("/").partition("/")[0]
            self.by_field.setdefault(name or about or "", field.detail)
        if about and not self.by_field:
            self.by_field[about] = problem.detail
        self.general = self.by_field.pop("", "" if self.by_field else problem.detail)

    def get(self, name: str) -> str:
        return self.by_field.get(name, "")

    def _label(self, name: str) -> str:
        return self._labels.get(name) or name.replace("_", " ").capitalize()

    @property
    def summary(self) -> list[tuple[str, str]]:
        """`(id of the field, what is wrong)`, for the list on top of the page."""
        found = [
            (self._ids.get(name, f"f-{name}"), f"{self._label(name)}: {said}")
            for name, said in self.by_field.items()
        ]
        return [("main", self.general), *found] if self.general else found


class NoRefusal(Refusal):
    """A form that nobody has sent yet."""

    def __init__(self) -> None:
        super().__init__(Problem())
        self.general = ""


NOTHING_WRONG = NoRefusal()
