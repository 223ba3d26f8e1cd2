"""Providers upstream as administrators connect, test and remove them."""

from typing import Any

import httpx
import pytest

from identity_service.outgoing import CannotCall, Heard
from identity_service.upstreams.saml.equipment import missing
from tests.identity.administrators import ADMIN, MAJA, Api, caller
from tests.identity.driver import ISSUER, House
from tests.identity.elsewhere import Elsewhere

SECRET = "a secret of theirs"
ENTRA: dict[str, Any] = {
    "id": "entra",
    "title": "Northwind Entra",
    "issuer": "https://login.example.com/v2.0",
    "client_id": "narrowbridge",
    "secret": SECRET,
}


@pytest.fixture
async def theirs(house: House, monkeypatch: pytest.MonkeyPatch) -> Elsewhere:
    """A provider as `services.outgoing` hears it, without a network."""
    provider = Elsewhere(port=9)

    async def get(url: str, *, authorization: str = "", largest: int = 0) -> Heard:
        transport = httpx.ASGITransport(app=provider.app())
        async with httpx.AsyncClient(transport=transport) as http:
            answer = await http.get(url)
        return Heard(answer.status_code, answer.content)

    monkeypatch.setattr(house.services.outgoing, "get", get)
    return provider


async def connected(admin: Api, **changes: Any) -> str:
    answer = await admin.post("/upstreams", ENTRA | changes)
    assert answer.status_code == 201, answer.text
    return f"/upstreams/{answer.json()['id']}"


@pytest.mark.parametrize(
    ("who", "wanted"),
    [("nobody", 401), ("staff", 403), ("community_manager", 403), ("admin without step-up", 401)],
)
async def test_only_administrators_with_a_fresh_proof_connect_providers(
    house: House, who: str, wanted: int
) -> None:
    api = await caller(house, who)
    assert (await api.post("/upstreams", ENTRA)).status_code == wanted
    assert (await api.post("/upstreams/entra/test")).status_code == wanted
    assert await house.fetch("select 1 from upstreams") == []


async def test_a_provider_is_connected_and_its_secret_never_shown(house: House, admin: Api) -> None:
    path = await connected(admin)
    shown = (await admin.get(path)).json()
    assert shown["kind"] == "oidc"
    assert shown["has_secret"] is True
    assert shown["redirect_uri"] == f"{ISSUER}/sign-in/upstream/entra/callback"
    assert shown["settings"]["provisions"] is False
    assert SECRET not in str(shown)
    [row] = (await admin.get("/upstreams")).json()["data"]
    assert (row["id"], row["people"], row["is_enabled"]) == ("entra", 0, True)
    page = await house.browser().get("/sign-in?realm=staff")
    assert "Northwind Entra" in page.text
    assert (await admin.post("/upstreams", ENTRA)).json()["code"] == "admin.already_there"
    told = await house.fetch("select actor from audit_rows where event = 'upstream.applied'")
    assert told == [{"actor": f"account:{house.subs[ADMIN]}"}]


async def test_what_does_not_fit_is_refused_and_named(house: House, admin: Api) -> None:
    for wrong, pointer in (
        ({"issuer": "login.example.com"}, "/issuer"),
        ({"id": "No Id"}, "/id"),
        ({"email_domains": ["nothing"]}, "/email_domains/0"),
        ({"kind": "carrier-pigeon"}, "/kind"),
        ({"pretty": True}, "/pretty"),
    ):
        answer = await admin.post("/upstreams", ENTRA | wrong)
        assert answer.status_code == 422, wrong
        assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    others: tuple[dict[str, Any], ...] = (
        {"secret": None},
        {"provisions": True},
        {"role_rules": [{"claim": "groups", "value": "x", "role": "nothing"}]},
    )
    for wrong in others:
        assert (await admin.post("/upstreams", ENTRA | wrong)).status_code == 422, wrong
    assert await house.fetch("select 1 from upstreams") == []


async def test_a_provider_is_changed_and_keeps_its_secret(house: House, admin: Api) -> None:
    path = await connected(admin)
    wanted = {name: value for name, value in ENTRA.items() if name not in ("id", "secret")}
    assert (await admin.call("PUT", path, json=wanted)).status_code == 428
    changed = await admin.matching("PUT", path, wanted | {"title": "Another"})
    assert changed.json()["settings"]["title"] == "Another"
    assert changed.json()["has_secret"] is True
    assert (await admin.matching("PUT", path, wanted | {"scopes": ["email"]})).status_code == 422


async def test_a_provider_that_is_switched_off_lets_nobody_in(house: House, admin: Api) -> None:
    path = await connected(admin)
    assert (await admin.post(f"{path}/disable")).json()["settings"]["is_enabled"] is False
    assert "Northwind Entra" not in (await house.browser().get("/sign-in?realm=staff")).text
    assert (await house.browser().get("/sign-in/upstream/entra")).status_code == 404
    assert (await admin.post(f"{path}/enable")).json()["settings"]["is_enabled"] is True
    told = await house.fetch(
        "select event from audit_rows where event like 'upstream.%abled' order by number"
    )
    assert [row["event"] for row in told] == ["upstream.disabled", "upstream.enabled"]


@pytest.mark.parametrize("given", ["{}", "{community_manager}"])
async def test_a_provider_is_removed_with_its_connections_and_the_roles_that_it_gave(
    house: House, admin: Api, given: str
) -> None:
    path = await connected(admin)
    await house.execute(
        "insert into upstream_identities (id, upstream_id, subject, account_id, shown, roles, linked_at,"
        " used_at) values (gen_random_uuid(), 'entra', 'x', $1, '', '{community_manager}', now(), now())",
        house.subs[MAJA],
    )
    await house.execute(f"update accounts set given_roles = '{given}' where email_key = $1", MAJA)
    assert (await admin.get(path)).json()["people"] == 1
    wrong = await admin.matching("POST", f"{path}/remove", {"name": "Entra"}, at=path)
    assert wrong.json()["code"] == "admin.not_confirmed"
    assert (await admin.matching("POST", f"{path}/remove", {"name": "entra"}, at=path)).status_code == 204
    assert (await admin.get(path)).status_code == 404
    [row] = await house.fetch("select roles from accounts where email_key = $1", MAJA)
    assert row["roles"] == (["community_manager"] if given != "{}" else [])


async def test_a_provider_that_answers_as_it_should_is_good(
    house: House, admin: Api, theirs: Elsewhere
) -> None:
    path = await connected(admin, issuer=theirs.issuer)
    tested = (await admin.post(f"{path}/test")).json()
    assert tested == {
        "is_good": True,
        "findings": [
            {"what": "What it says about itself", "wrong": None},
            {"what": "Its keys", "wrong": None},
        ],
    }
    told = await house.fetch("select actor from audit_rows where event = 'upstream.tested'")
    assert told == [{"actor": f"account:{house.subs[ADMIN]}"}]


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"issuer": "https://other.example"}, "another issuer"),
        ({"token_endpoint": None}, "token_endpoint"),
        ({"jwks_uri": "http://localhost:9/nothing"}, "status 404"),
    ],
)
async def test_it_is_said_what_is_wrong_with_a_provider(
    house: House, admin: Api, theirs: Elsewhere, document: dict[str, Any], said: str
) -> None:
    theirs.document = document
    path = await connected(admin, issuer=theirs.issuer)
    tested = (await admin.post(f"{path}/test")).json()
    assert tested["is_good"] is False
    assert said in str(tested["findings"])


@pytest.mark.parametrize(
    ("issuer", "said"),
    [
        ("https://localhost:1", "private network"),
        ("http://localhost:1", "https alone"),
        ("https://nowhere.invalid", "no DNS"),
    ],
)
async def test_a_test_calls_nothing_that_must_not_be_called(
    house: House, admin: Api, issuer: str, said: str
) -> None:
    path = await connected(admin, issuer=issuer)
    assert said in str((await admin.post(f"{path}/test")).json()["findings"])


async def test_a_provider_of_saml_is_connected_and_changed(house: House, admin: Api) -> None:
    if missing():
        pytest.skip(missing())
    wanted = {"title": "Campus", "issuer": "https://idp.example/", "metadata_url": "https://idp.example/md"}
    made = await admin.post("/saml-upstreams", wanted | {"id": "campus"})
    assert made.status_code == 201, made.text
    assert made.json()["kind"] == "saml"
    assert made.json()["metadata_url"] == f"{ISSUER}/sign-in/upstream/campus/metadata"
    changed = await admin.matching(
        "PUT", "/saml-upstreams/campus", wanted | {"title": "B"}, at="/upstreams/campus"
    )
    assert changed.json()["settings"]["title"] == "B"
    assert (await admin.post("/saml-upstreams", wanted)).status_code == 422


async def test_nothing_of_the_database_is_held_while_a_provider_is_asked(
    house: House, admin: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, held = await connected(admin), []

    async def get(url: str, *, authorization: str = "", largest: int = 0) -> Heard:
        held.append(house.services.database.engine.pool.checkedout())  # type: ignore[attr-defined] # QueuePool
        raise CannotCall("TimeoutError")

    monkeypatch.setattr(house.services.outgoing, "get", get)
    tested = (await admin.post(f"{path}/test")).json()
    assert tested["findings"][0]["wrong"] == "It did not answer in time."
    assert held == [0]
