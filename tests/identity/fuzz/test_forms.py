"""Every form that somebody can come to, filled in by somebody hostile."""

import functools
import re
from dataclasses import replace
from urllib.parse import quote_from_bytes

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from identity_service.app import create_app
from tests.identity.driver import OWN_FORM
from tests.identity.fuzz import hostile, routes
from tests.identity.fuzz.answers import check
from tests.identity.fuzz.stage import ACTORS, CLI_CALLBACK, Actor, Stage
from tests.identity.fuzz.walking import ID, Target, walk

FEWEST = {"nobody": 8, "customer": 15, "colleague": 15, "administrator": 40}
"""Forms and addresses that a walk has to find, so that it is seen when it finds its way no more."""
LONGEST = 8_000
"""What of a value goes into an address: the server itself refuses one that is longer than 64 KiB."""
_PARAMETER = re.compile(r"\{(\w+)\}")


@functools.cache
def targets(stage: Stage, kind: str) -> list[Target]:
    """What the actor comes to, and every other form that there is."""
    found = walk(stage, stage.actor(kind))
    assert len(found) >= FEWEST[kind], [str(each) for each in found]
    return found + list(routes.forms(create_app(stage.settings)))


def addressed(stage: Stage, path: str, data: st.DataObject) -> str:
    """The parameters of a path filled in, and some of the ids in it replaced."""
    for name in _PARAMETER.findall(path):
        path = path.replace(f"{{{name}}}", data.draw(st.sampled_from(stage.ids(name))))
    if data.draw(st.integers(0, 9)) == 0:
        odd = quote_from_bytes(data.draw(hostile.VALUES)[:LONGEST], safe="")
        path = ID.sub(lambda _: odd, path)
    return path


def send(actor: Actor, target: Target, pairs: hostile.Pairs, kind: str) -> httpx.Response:
    if target.method == "GET":
        shorter = [(name, value[:LONGEST]) for name, value in pairs]
        return actor.http.get(f"{target.path}?{hostile.encoded(shorter).decode()}")
    body = hostile.in_parts(pairs) if kind == hostile.MULTIPART else hostile.encoded(pairs)
    headers = OWN_FORM | ({"Content-Type": kind} if kind else {})
    return actor.http.post(target.path, content=body, headers=headers)


def fuzz(stage: Stage, kind: str, data: st.DataObject) -> None:
    target = data.draw(st.sampled_from(targets(stage, kind)))
    target = replace(target, path=addressed(stage, target.path, data))
    pairs = data.draw(hostile.filled(target.fields))
    content_type = data.draw(hostile.TYPES)
    answer = send(stage.actor(kind), target, pairs, content_type)
    check(answer, leads_to=(CLI_CALLBACK,))


@pytest.mark.parametrize("kind", ACTORS)
@given(data=st.data())
@settings(max_examples=15, **hostile.SETTINGS)  # type: ignore[arg-type] # as hypothesis documents them
def test_whatever_a_form_holds_the_answer_is_ours(stage: Stage, kind: str, data: st.DataObject) -> None:
    fuzz(stage, kind, data)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ACTORS)
@given(data=st.data())
@settings(max_examples=600, **hostile.SETTINGS)  # type: ignore[arg-type] # as hypothesis documents them
def test_whatever_a_form_holds_at_length(stage: Stage, kind: str, data: st.DataObject) -> None:
    fuzz(stage, kind, data)
