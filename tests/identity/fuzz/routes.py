"""Every form that the service takes, also those to which no link leads: from the routes themselves."""

from collections.abc import Iterator

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from tests.identity.fuzz.walking import LIKELY, Target

OF_PROGRAMS = ("/oauth/", "/scim/", "/api/")


def forms(app: FastAPI) -> Iterator[Target]:
    """The paths still have their parameters' names in braces."""
    for route in app.routes:
        if (
            isinstance(route, APIRoute)
            and "POST" in (route.methods or ())
            and not route.include_in_schema
            and not route.path.startswith(OF_PROGRAMS)
        ):
            fields = tuple((name, LIKELY.get(name, ())) for name in _fields(route.dependant))
            yield Target("POST", route.path, fields)


def _fields(dependant: Dependant) -> Iterator[str]:
    yield from (parameter.alias for parameter in dependant.body_params)
    for inner in dependant.dependencies:
        yield from _fields(inner)
