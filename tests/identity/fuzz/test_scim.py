"""What a directory sends over SCIM, well and badly."""

import json
from typing import Any
from urllib.parse import quote_from_bytes

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.identity.fuzz import hostile
from tests.identity.fuzz.answers import check_scim
from tests.identity.fuzz.stage import Stage

URN = "urn:ietf:params:scim"
USER, GROUP = f"{URN}:schemas:core:2.0:User", f"{URN}:schemas:core:2.0:Group"
COMPANY = f"{URN}:schemas:extension:enterprise:2.0:User"
PATCH, SEARCH = f"{URN}:api:messages:2.0:PatchOp", f"{URN}:api:messages:2.0:SearchRequest"
FILTERS = (
    'userName eq "a@inside.example"',
    'name.familyName co "x" and not (active eq true)',
    'emails[type eq "work" and value co "@"]',
    "meta.lastModified gt 2026-01-01T00:00:00Z",
    'userName eq "\\ud800\\u0000"',
    "active pr",
    "((((((" * 200,
    'userName eq "',
    f'{USER}:userName sw "a"',
    "x" * 5_000,
)
PATHS = (
    *("userName", "active", "emails", 'emails[type eq "work"].value', "name.givenName", "roles", "members"),
    *('members[value eq "x"]', f"{COMPANY}:department", COMPANY, "", "nothing", "emails[", "id", "schemas"),
)
ODD_TEXT = st.one_of(
    st.sampled_from([value.decode("utf-8", "surrogateescape") for value in hostile.KNOWN]),
    st.text(max_size=30),
    st.sampled_from([*FILTERS, "true", "somebody@inside.example", "admin", "customer_facing"]),
)
ODD = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), ODD_TEXT),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from("value type primary $ref display x".split()), inner, max_size=4),
    ),
    max_leaves=5,
)
ATTRIBUTES = (
    *("userName", "displayName", "active", "emails", "name", "roles", "groups", "members", "externalId"),
    *(
        "title",
        "locale",
        "timezone",
        "phoneNumbers",
        "addresses",
        "photos",
        "password",
        "meta",
        "id",
        COMPANY,
    ),
)


@st.composite
def resources(draw: st.DrawFn) -> Any:
    kind = draw(st.sampled_from([USER, GROUP]))
    body: dict[str, Any] = {"schemas": [kind], "userName": f"{draw(st.integers(0, 50))}@inside.example"}
    body["displayName"] = f"Group {draw(st.integers(0, 20))}"
    body |= draw(st.dictionaries(st.sampled_from(ATTRIBUTES), ODD, max_size=4))
    return body


@st.composite
def patches(draw: st.DrawFn) -> Any:
    one = st.fixed_dictionaries(
        {"op": st.sampled_from(["add", "replace", "remove", "Replace", "x"])},
        optional={"path": st.one_of(st.sampled_from(PATHS), ODD_TEXT), "value": ODD},
    )
    return {"schemas": [PATCH], "Operations": draw(st.lists(one, max_size=4))}


SEARCHES = st.fixed_dictionaries(
    {"schemas": st.just([SEARCH])},
    optional={"filter": st.sampled_from(FILTERS), "startIndex": ODD, "count": ODD, "attributes": ODD},
)
BODIES = st.one_of(resources(), patches(), SEARCHES, ODD)
KINDS = ("/Users", "/Groups", "/Users/.search", "/Schemas", "/Me", "/Bulk", "")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_MOST_KNOWN = 9


class Directory:
    """With the ids of what it has made."""

    def __init__(self, stage: Stage) -> None:
        self.http = stage.actor("nobody").http
        self.headers = {"Authorization": f"Bearer {stage.provisioning_token()}"}
        self.ids = ["00000000-0000-0000-0000-000000000000", stage.actor("colleague").sub]

    def call(self, data: st.DataObject) -> None:
        path = data.draw(st.sampled_from(KINDS))
        if data.draw(st.booleans()):
            # A place and no id: what is drawn from may not grow from one example to the next.
            known = st.integers(0, _MOST_KNOWN - 1).map(
                lambda place: self.ids[place % len(self.ids)].encode()
            )
            path += "/" + quote_from_bytes(data.draw(known | hostile.VALUES)[:500], safe="")
        query = hostile.encoded(data.draw(hostile.filled(QUERY)))[:8_000].decode()
        body = json.dumps(data.draw(BODIES)).encode()
        if data.draw(st.integers(0, 9)) == 0:
            body = data.draw(hostile.VALUES)
        kind = data.draw(st.sampled_from(["application/scim+json"] * 4 + ["application/json", "text/plain"]))
        answer = self.http.request(
            data.draw(st.sampled_from(METHODS)),
            f"/scim/v2{path}?{query}",
            content=body,
            headers=self.headers | {"Content-Type": kind},
        )
        check_scim(answer)
        if answer.status_code == 201:
            self.ids = [*self.ids[: _MOST_KNOWN - 1], answer.json()["id"]]


QUERY = (
    ("filter", tuple(each.encode() for each in FILTERS)),
    ("startIndex", (b"1",)),
    ("count", (b"5", b"0")),
    ("attributes", (b"userName,emails.value",)),
    ("excludedAttributes", (b"members",)),
    ("sortBy", (b"userName", b"meta.created")),
    ("sortOrder", (b"descending",)),
)


@pytest.fixture(scope="session")
def directory(stage: Stage) -> Directory:
    return Directory(stage)


@given(data=st.data())
@settings(max_examples=25, **hostile.SETTINGS)  # type: ignore[arg-type] # as hypothesis documents them
def test_whatever_a_directory_sends_scim_answers(directory: Directory, data: st.DataObject) -> None:
    directory.call(data)


@pytest.mark.slow
@given(data=st.data())
@settings(max_examples=500, **hostile.SETTINGS)  # type: ignore[arg-type] # as hypothesis documents them
def test_whatever_a_directory_sends_at_length(directory: Directory, data: st.DataObject) -> None:
    directory.call(data)
