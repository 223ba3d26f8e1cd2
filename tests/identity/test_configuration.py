"""Configuration as code: shown as a difference, applied whole, and nothing to change the second time."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from identity_service.configuration import service
from identity_service.configuration.errors import BadFile, KeptElsewhere
from identity_service.visit import Caller
from shared.kernel.errors import Problem
from tests.identity.driver import BRIDGE, CUSTOMER, House, basic

ACME: dict[str, Any] = {
    "id": "acme-mobile",
    "name": "Acme for phones",
    "token_endpoint_auth_method": "none",
    "grant_types": ["authorization_code", "refresh_token"],
    "scopes": ["openid", "profile", "community:read"],
    "audiences": [CUSTOMER],
    "realms": ["customer"],
    "redirect_uris": ["com.acme.app:/callback"],
    "origins": ["https://app.acme.example"],
}
CRM: dict[str, Any] = {
    "id": "crm",
    "name": "CRM",
    "grant_types": ["client_credentials"],
    "machine_scopes": ["bridge:read"],
    "machine_audiences": [BRIDGE],
}
WHOLE: dict[str, Any] = {
    "roles": [{"name": "support_lead", "realm": "staff", "title": "Leads support"}],
    "organisations": [{"name": "Riverside", "partner": True}],
    "clients": [ACME, CRM],
    "people": [
        {
            "realm": "staff",
            "email": "lea@inside.example",
            "name": "Lea",
            "roles": ["support_lead"],
            "password": "a long enough sentence",
        },
        {
            "realm": "customer",
            "email": "rui@river.example",
            "name": "Rui",
            "organisation": "Riverside",
            "active": False,
        },
    ],
}


async def planned(house: House, document: Any) -> list[str]:
    async with Caller(services=house.services, now=house.clock.now(), address="console").begin() as visit:
        changes = await service.plan(visit, service.read(yaml.safe_dump(document)))
        return [line for change in changes for line in change.lines()]


async def applied(house: House, document: Any) -> list[str]:
    async with Caller(services=house.services, now=house.clock.now(), address="console").begin() as visit:
        return await service.apply(visit, await service.plan(visit, service.read(yaml.safe_dump(document))))


async def exported(house: House) -> str:
    async with Caller(services=house.services, now=house.clock.now(), address="console").begin() as visit:
        return await service.export(visit)


async def test_a_file_is_applied_once_and_changes_nothing_the_second_time(house: House) -> None:
    first = [line for line in await planned(house, WHOLE) if not line.startswith(" ")]
    assert first == [
        "+ role support_lead",
        "+ organisation Riverside",
        "+ client acme-mobile",
        "+ client crm",
        "+ staff lea@inside.example",
        "+ customer rui@river.example",
    ]
    said = await applied(house, WHOLE)
    assert len(said) == 1
    assert said[0].startswith("The secret of crm, shown only now: ")
    assert await planned(house, WHOLE) == []


async def test_the_secret_that_was_shown_works_and_is_kept_when_the_file_is_applied_again(
    house: House,
) -> None:
    said = await applied(house, WHOLE)
    secret = said[0].rpartition(" ")[2]
    assert await applied(house, WHOLE) == []
    async with house.http() as raw:
        answer = await raw.post(
            "/oauth/token",
            data={"grant_type": "client_credentials", "resource": BRIDGE},
            headers=basic("crm", secret),
        )
    assert answer.json()["scope"] == "bridge:read"


async def test_people_of_the_file_sign_in_unless_they_are_switched_off(house: House) -> None:
    await applied(house, WHOLE)
    inside = await house.browser().sign_in(
        "lea@inside.example", realm="staff", password="a long enough sentence"
    )
    assert inside.status_code == 303
    off = {"people": [WHOLE["people"][0] | {"active": False}]}
    assert await planned(house, off) == ["~ staff lea@inside.example", "    active: true → false"]
    await applied(house, off)
    again = await house.browser().sign_in(
        "lea@inside.example", realm="staff", password="a long enough sentence"
    )
    assert again.status_code == 422


async def test_the_difference_names_old_and_new_and_no_secret(house: House) -> None:
    await applied(house, WHOLE)
    changed = {"clients": [ACME | {"name": "Acme"}, CRM | {"secret": "s" * 40}]}
    lines = await planned(house, changed)
    assert lines == [
        "~ client acme-mobile",
        "    name: Acme for phones → Acme",
        "~ client crm",
        "    secret: another",
    ]
    assert "s" * 40 not in "".join(lines)


async def test_what_is_exported_applies_without_a_difference_and_holds_no_secret(house: House) -> None:
    await applied(house, WHOLE)
    text = await exported(house)
    assert await planned(house, yaml.safe_load(text)) == []
    stored = await house.fetch("select secret_hash from clients where secret_hash is not null")
    assert not any(row["secret_hash"] in text for row in stored)
    assert "password" not in text
    assert "employee-community" not in text


async def test_a_file_is_applied_whole_or_not_at_all(house: House) -> None:
    with pytest.raises(Problem, match="no role 'nobody_knows'"):
        await applied(house, WHOLE | {"people": [WHOLE["people"][0] | {"roles": ["nobody_knows"]}]})
    assert await house.fetch("select 1 from clients where source = 'applied'") == []


async def test_what_is_absent_goes(house: House) -> None:
    await applied(house, WHOLE)
    gone = {"clients": [ACME | {"state": "absent"}]}
    assert await planned(house, gone) == ["- client acme-mobile"]
    await applied(house, gone)
    assert await planned(house, gone) == []


@pytest.mark.parametrize(
    ("document", "named"),
    [
        ({"clients": [ACME | {"redirect_uri": "x"}]}, "clients.0.redirect_uri: Extra inputs"),
        ({"clients": [ACME | {"redirect_uris": ["http://evil.example/cb"]}]}, "plain http"),
        ({"clients": [ACME | {"redirect_uris": ["javascript:alert(1)"]}]}, "clients.0.redirect_uris.0"),
        ({"clients": [ACME | {"redirect_uris": ["https://a.example/cb#x"]}]}, "no fragment"),
        ({"clients": [ACME | {"grant_types": ["client_credentials"]}]}, "a public client has neither"),
        ({"clients": [ACME | {"grant_types": ["password"]}]}, "clients.0.grant_types.0"),
        ({"clients": [ACME | {"security_profile": "fapi2"}]}, "fapi2 means"),
        ({"clients": [ACME | {"jwks": {"keys": [{"kty": "EC", "d": "x", "kid": "1"}]}}]}, "public keys only"),
        ({"clients": [ACME | {"origins": ["https://a.example/x"]}]}, "clients.0.origins"),
        ({"clients": [ACME, ACME]}, "stands twice"),
        ({"people": [{"realm": "moon", "email": "a@b.example", "name": "A"}]}, "people.0.realm"),
        ("[", "neither YAML nor JSON"),
        ({"cleints": []}, "cleints: Extra inputs"),
    ],
)
def test_what_does_not_fit_is_named(document: Any, named: str) -> None:
    text = document if isinstance(document, str) else yaml.safe_dump(document)
    with pytest.raises(BadFile, match=named):
        service.read(text)


@pytest.mark.parametrize(
    "document",
    [
        {"clients": [CRM | {"id": "employee-community"}]},
        {"roles": [{"name": "admin", "realm": "customer", "title": "x"}]},
    ],
)
async def test_what_is_kept_elsewhere_is_refused(house: House, document: Any) -> None:
    with pytest.raises(KeptElsewhere):
        await planned(house, document)


async def test_a_role_that_somebody_has_cannot_go(house: House) -> None:
    await applied(house, WHOLE)
    with pytest.raises(KeptElsewhere, match="Somebody has this role"):
        await planned(house, {"roles": [WHOLE["roles"][0] | {"state": "absent"}]})


async def test_the_example_applies(house: House) -> None:
    text = (Path(__file__).parents[2] / "examples" / "clients.yaml").read_text("utf-8")
    document = yaml.safe_load(text)
    said = await applied(house, document)
    assert [line.split(",")[0] for line in said] == [
        "The secret of acme-shop",
        "The secret of acme-crm",
    ]
    assert await planned(house, document) == []


def test_the_example_fits_with_what_is_marked_out_in_it() -> None:
    text = (Path(__file__).parents[2] / "examples" / "clients.yaml").read_text("utf-8")
    before, marked, after = text.partition("# upstreams:\n")
    providers, clients, others = after.partition("\nclients:\n")
    lines = [line.removeprefix("# ").removeprefix("#") for line in providers.splitlines()]
    whole = before + marked.removeprefix("# ") + "\n".join(lines) + clients + others
    document = service.read(whole.replace("<tenant>", "tenant").replace("secret: ...", f"secret: {'s' * 8}"))
    assert [(one.id, one.kind) for one in document.upstreams] == [("entra", "oidc"), ("adfs", "saml")]


NORTH: dict[str, Any] = {
    "id": "north",
    "title": "Northwind Entra",
    "issuer": "https://login.north.example/tenant/v2.0",
    "client_id": "narrowbridge",
    "secret": "a secret of theirs",
    "email_domains": ["inside.example"],
    "provisions": True,
    "role_rules": [{"claim": "groups", "value": "helpers", "role": "customer_facing"}],
}


async def test_providers_are_applied_once_and_exported_without_their_secret(house: House) -> None:
    document = {"upstreams": [NORTH]}
    assert (await planned(house, document))[0] == "+ upstream north"
    await applied(house, document)
    assert await planned(house, document) == []
    text = await exported(house)
    assert "a secret of theirs" not in text
    assert "Northwind Entra" in text
    assert await planned(house, yaml.safe_load(text)) == []
    assert await planned(house, {"upstreams": [NORTH | {"secret": "another secret"}]}) == [
        "~ upstream north",
        "    secret: another",
    ]
    gone = {"upstreams": [NORTH | {"state": "absent"}]}
    assert await planned(house, gone) == ["- upstream north"]
    await applied(house, gone)
    assert await planned(house, gone) == []


async def test_a_provider_wants_a_secret_and_roles_that_are_known(house: House) -> None:
    with pytest.raises(Problem, match="needs a client secret"):
        await applied(house, {"upstreams": [NORTH | {"secret": None}]})
    rule = NORTH["role_rules"][0] | {"role": "nobody_knows"}
    with pytest.raises(Problem, match="no role 'nobody_knows'"):
        await applied(house, {"upstreams": [NORTH | {"role_rules": [rule]}]})


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"issuer": "javascript:alert(1)"}, "upstreams.0.issuer"),
        ({"issuer": "https://north.example/?x=1"}, "upstreams.0.issuer"),
        ({"scopes": ["email"]}, "scopes must name openid"),
        ({"email_domains": []}, "provisions needs email_domains"),
        ({"role_rules": [{"claim": "g", "value": "x", "role": "admin"}]}, "makes_admin go together"),
        ({"id": "../x"}, "upstreams.0.id"),
    ],
)
def test_what_does_not_fit_a_provider_is_named(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(BadFile, match=named):
        service.read(yaml.safe_dump({"upstreams": [NORTH | changes]}))


@pytest.mark.parametrize("name", ["audiences", "machine_audiences", "exchange_audiences", "serves"])
async def test_an_audience_that_is_none_of_ours_is_refused_by_name(house: House, name: str) -> None:
    elsewhere = CRM | {name: ["http://localhost:9002"]}
    with pytest.raises(BadFile, match=rf"client crm, {name}: There is no http://localhost:9002 here"):
        await planned(house, {"clients": [elsewhere]})
