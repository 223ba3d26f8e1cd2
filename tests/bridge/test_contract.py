"""The contract: manifest, messages and snapshot say the same (proof 7), and nothing else fits."""

import ast
import inspect
from pathlib import Path
from typing import get_args

import pytest
from pydantic import ValidationError

import shared.bridge
from customer_service.sharing import names
from shared.bridge import manifest as manifest_module
from shared.bridge import messages
from shared.bridge.manifest import BadManifest, manifest, read
from shared.bridge.messages import MESSAGES, Author, Message
from shared.bridge.schema import SNAPSHOT, rendered

FORBIDDEN = ("email", "e_mail", "account", "ip", "address", "location", "profile", "member", "group", "note")
GOOD = """
version = 1
[messages.m]
direction = "inward"
meaning = "m"
purpose = "p"
[messages.m.fields]
f = { class = "content", meaning = "m", purpose = "p" }
"""


def test_the_schema_is_the_snapshot() -> None:
    """A change of the contract shows as a change of `schema.v1.json`: python -m shared.bridge.schema."""
    assert SNAPSHOT.name == f"schema.v{manifest().version}.json"
    assert SNAPSHOT.read_text("utf-8") == rendered()


@pytest.mark.parametrize("message", MESSAGES, ids=lambda m: str(m.message_name))
def test_a_message_has_the_fields_of_the_manifest_and_is_closed(message: type[Message]) -> None:
    entry = manifest().messages[message.message_name]
    schema = message.model_json_schema(mode="serialization")
    assert tuple(schema["properties"]) == entry.names
    assert schema["additionalProperties"] is False
    for field in entry.fields:
        shown = schema["properties"][field.name]
        assert shown["x-class"] == field.field_class
        assert shown["description"] == field.meaning


def test_every_message_of_the_manifest_is_defined_once() -> None:
    assert [message.message_name for message in MESSAGES] == list(manifest().messages)


def test_what_never_crosses_has_no_field() -> None:
    names = {field.name for message in manifest().messages.values() for field in message.fields}
    assert not {name for name in names for part in name.split("_") if part in FORBIDDEN}


def test_an_unknown_field_is_refused() -> None:
    with pytest.raises(ValidationError):
        Author.model_validate({"pseudonym": "0" * 32, "name": None, "email": "a@example.com"})


def test_a_message_with_a_field_the_manifest_lacks_cannot_be_defined() -> None:
    with pytest.raises(BadManifest):
        type("Wider", (Author,), {"__annotations__": {"email": str}, "message_name": "author"})


def test_a_message_the_manifest_lacks_cannot_be_defined() -> None:
    with pytest.raises(BadManifest):
        type("Stranger", (Message,), {"message_name": "stranger"})


def test_a_good_manifest_is_read() -> None:
    assert read(GOOD).messages["m"].names == ("f",)


@pytest.mark.parametrize(
    ("what", "instead"),
    [
        ('class = "content"', 'class = "secret"'),
        (', purpose = "p" }', " }"),
        ('meaning = "m", purpose', 'meaning = "", purpose'),
        ('direction = "inward"', 'direction = "sideways"'),
        ("version = 1", "version = 1\nextra = 1"),
        ('class = "content"', 'class = "content", secret = "x"'),
    ],
)
def test_a_manifest_that_leaves_something_unsaid_is_refused(what: str, instead: str) -> None:
    assert what in GOOD
    with pytest.raises(BadManifest):
        read(GOOD.replace(what, instead))


def test_the_contract_imports_nothing_of_ours() -> None:
    folder = Path(inspect.getfile(shared.bridge)).parent
    for file in folder.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            modules = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            modules += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            ours = [m for m in modules if m.startswith("shared") or m.endswith("_service")]
            assert all(module.startswith("shared.bridge") for module in ours), file


def test_the_manifest_travels_with_the_package() -> None:
    assert Path(inspect.getfile(manifest_module)).with_name(manifest_module.FILE).is_file()


def test_sharing_and_the_contract_name_the_same_purposes() -> None:
    """They may not import one another: sharing is the community's, the contract the bridge's."""
    assert get_args(names.Purpose) == get_args(messages.Purpose)
