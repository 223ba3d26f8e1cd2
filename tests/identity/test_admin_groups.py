"""Groups, roles and open invitations, as administrators look after them."""

import asyncio
from uuid import uuid4

import httpx
import pytest

from identity_service.scim import tokens
from identity_service.visit import Caller
from tests.identity.administrators import ADMIN, ANA, MAJA, Api, caller
from tests.identity.driver import House, link_in
from tests.identity.test_admin_upstreams import ENTRA

TOMAS = "tomas@inside.example"


async def made(admin: Api, name: str = "Editors", role: str | None = "customer_facing") -> str:
    answer = await admin.post("/groups", {"name": name, "role": role})
    assert answer.status_code == 201, answer.text
    return f"/groups/{answer.json()['id']}"


async def roles_of(house: House, email: str) -> list[str]:
    [row] = await house.fetch("select roles from accounts where email_key = $1", email)
    return list(row["roles"])


@pytest.mark.parametrize(
    ("who", "wanted"),
    [("nobody", 401), ("staff", 403), ("community_manager", 403), ("admin without step-up", 401)],
)
async def test_only_administrators_with_a_fresh_proof_change_groups(
    house: House, who: str, wanted: int
) -> None:
    api = await caller(house, who)
    assert (await api.post("/groups", {"name": "Editors"})).status_code == wanted
    assert await house.fetch("select 1 from groups") == []


async def test_whoever_is_in_a_group_has_its_role_until_they_leave(house: House, admin: Api) -> None:
    group, maja = await made(admin), house.subs[MAJA]
    for _ in range(2):
        assert (await admin.call("PUT", f"{group}/members/{maja}")).status_code == 204
    assert await roles_of(house, MAJA) == ["community_manager", "customer_facing"]
    [member] = (await admin.get(f"{group}/members")).json()["data"]
    assert (member["id"], member["name"], member["email"]) == (maja, "Maja", MAJA)
    assert (await admin.get(group)).json()["people"] == 1
    assert (await admin.call("DELETE", f"{group}/members/{maja}")).status_code == 204
    assert await roles_of(house, MAJA) == ["community_manager"]
    assert (await admin.call("DELETE", f"{group}/members/{maja}")).status_code == 404
    told = await house.fetch("select event, actor from audit_rows where event like 'group.%' order by number")
    assert [row["event"] for row in told] == ["group.created", "group.joined", "group.left"]
    assert {row["actor"] for row in told} == {f"account:{house.subs[ADMIN]}"}


async def test_a_role_that_another_group_gives_stays(house: House, admin: Api) -> None:
    maja = house.subs[MAJA]
    groups = [await made(admin, name) for name in ("Editors", "Support")]
    for group in groups:
        await admin.call("PUT", f"{group}/members/{maja}")
    await admin.call("DELETE", f"{groups[0]}/members/{maja}")
    assert "customer_facing" in await roles_of(house, MAJA)


async def test_by_hand_and_by_a_group_a_role_is_given_apart(house: House, admin: Api) -> None:
    group, person = await made(admin), f"/people/{house.subs[MAJA]}"
    member = f"{group}/members/{house.subs[MAJA]}"
    await admin.matching("PATCH", person, {"roles": ["customer_facing"]})
    await admin.call("PUT", member)
    await admin.call("DELETE", member)
    assert await roles_of(house, MAJA) == ["customer_facing"], "what was given by hand stays"
    await admin.call("PUT", member)
    changed = (await admin.matching("PATCH", person, {"roles": []})).json()
    assert (changed["roles"], changed["given_roles"]) == (["customer_facing"], []), "the group gives it still"
    for role in (None, "community_manager"):
        await admin.matching("PATCH", group, {"role": role})
        assert await roles_of(house, MAJA) == [role] * bool(role)
    await admin.matching("POST", f"{group}/remove", {"name": "Editors"}, at=group)
    assert await roles_of(house, MAJA) == []


async def test_two_who_change_the_groups_of_a_person_at_once_lose_nothing(house: House, admin: Api) -> None:
    groups = [await made(admin, f"Group {role}", role) for role in ("admin", "customer_facing")]
    members = [f"{group}/members/{house.subs[MAJA]}" for group in groups]
    for method, wanted in (
        ("PUT", ["admin", "community_manager", "customer_facing"]),
        ("DELETE", ["community_manager"]),
    ):
        answers = await asyncio.gather(*(admin.call(method, member) for member in members))
        assert [answer.status_code for answer in answers] == [204, 204]
        assert await roles_of(house, MAJA) == wanted


async def test_a_group_is_renamed_and_gives_another_role(house: House, admin: Api) -> None:
    group = await made(admin)
    await admin.call("PUT", f"{group}/members/{house.subs[MAJA]}")
    assert (await admin.call("PATCH", group, json={"name": "Writers"})).status_code == 428
    changed = await admin.matching("PATCH", group, {"name": "Writers"})
    assert (changed.json()["name"], changed.json()["role"]) == ("Writers", "customer_facing")
    assert (await admin.matching("PATCH", group, {"role": None})).json()["role"] is None
    assert await roles_of(house, MAJA) == ["community_manager"]
    assert (await admin.matching("PATCH", group, {"role": "nothing"})).status_code == 422
    await made(admin, "Support")
    assert (await admin.matching("PATCH", group, {"name": "support"})).status_code == 409
    assert (await admin.post("/groups", {"name": "SUPPORT"})).status_code == 409


async def test_a_group_is_removed_with_the_role_that_it_gave(house: House, admin: Api) -> None:
    group = await made(admin)
    await admin.call("PUT", f"{group}/members/{house.subs[MAJA]}")
    wrong = await admin.matching("POST", f"{group}/remove", {"name": "editors"}, at=group)
    assert wrong.json()["code"] == "admin.not_confirmed"
    gone = await admin.matching("POST", f"{group}/remove", {"name": "Editors"}, at=group)
    assert gone.status_code == 204
    assert (await admin.get(group)).status_code == 404
    assert await roles_of(house, MAJA) == ["community_manager"]


async def test_nobody_shuts_themselves_out_by_a_group(house: House, admin: Api) -> None:
    group, ines = await made(admin, "Administrators", "admin"), house.subs[ADMIN]
    await admin.call("PUT", f"{group}/members/{ines}")
    mine = await admin.matching("PATCH", f"/people/{ines}", {"roles": []})
    assert (mine.json()["roles"], mine.json()["given_roles"]) == (["admin"], [])
    for method, path, body in (
        ("DELETE", f"{group}/members/{ines}", None),
        ("PATCH", group, {"role": None}),
        ("POST", f"{group}/remove", {"name": "Administrators"}),
    ):
        refused = await admin.matching(method, path, body, at=group)
        assert refused.json()["code"] == "admin.yourself", path
    assert await roles_of(house, ADMIN) == ["admin"]


async def test_groups_are_of_colleagues_and_of_those_who_are_there(house: House, admin: Api) -> None:
    group = await made(admin)
    assert (await admin.call("PUT", f"{group}/members/{house.subs[ANA]}")).status_code == 422
    assert (await admin.call("PUT", f"{group}/members/{uuid4()}")).status_code == 404
    assert (await admin.get(f"/groups/{uuid4()}/members")).status_code == 404


async def test_groups_are_found_and_paged(house: House, admin: Api) -> None:
    for name in ("b", "A", "c"):
        await made(admin, name)
    first = (await admin.get("/groups?limit=2")).json()
    assert [group["name"] for group in first["data"]] == ["A", "b"]
    second = (await admin.get(f"/groups?limit=2&cursor={first['next_cursor']}")).json()
    assert [group["name"] for group in second["data"]] == ["c"]
    assert [group["name"] for group in (await admin.get("/groups?q=B")).json()["data"]] == ["b"]


async def directory(house: House) -> httpx.AsyncClient:
    caller = Caller(services=house.services, now=house.clock.now(), address="console")
    async with caller.begin() as visit:
        token = await tokens.make(visit, "entra")
    http = house.http("192.0.2.7")
    http.headers.update({"Authorization": f"Bearer {token}", "Content-Type": "application/scim+json"})
    return http


async def test_what_a_directory_keeps_is_changed_there_but_for_its_role(house: House, admin: Api) -> None:
    async with await directory(house) as scim:
        body = {
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
            "displayName": "Support",
            "members": [{"value": house.subs[MAJA]}],
        }
        theirs = (await scim.post("/scim/v2/Groups", json=body)).json()["id"]
    group = f"/groups/{theirs}"
    assert (await admin.get(group)).json()["is_provisioned"] is True
    tomas = house.subs[TOMAS]
    for method, path, said in (
        ("PUT", f"{group}/members/{tomas}", None),
        ("DELETE", f"{group}/members/{house.subs[MAJA]}", None),
        ("PATCH", group, {"name": "Mine"}),
        ("POST", f"{group}/remove", {"name": "Support"}),
    ):
        refused = await admin.matching(method, path, said, at=group)
        assert refused.json()["code"] == "admin.kept_by_directory", path
    assert (await admin.matching("PATCH", group, {"role": "customer_facing"})).status_code == 200
    assert "customer_facing" in await roles_of(house, MAJA)


async def test_no_directory_sees_or_changes_a_group_that_is_kept_here(house: House, admin: Api) -> None:
    group = await made(admin, "Administrators", "admin")
    await admin.call("PUT", f"{group}/members/{house.subs[MAJA]}")
    ours = group.removeprefix("/groups/")
    async with await directory(house) as scim:
        assert (await scim.get("/scim/v2/Groups")).json()["totalResults"] == 0
        assert (await scim.get(f"/scim/v2/Groups/{ours}")).status_code == 404
        operations = [{"op": "add", "path": "members", "value": [{"value": house.subs[TOMAS]}]}]
        body = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations}
        assert (await scim.patch(f"/scim/v2/Groups/{ours}", json=body)).status_code == 404
        assert (await scim.delete(f"/scim/v2/Groups/{ours}")).status_code == 404
        user = (await scim.get(f"/scim/v2/Users/{house.subs[MAJA]}")).json()
        assert not user.get("groups")
        readdress = {"op": "replace", "path": "emails", "value": [{"value": "me@inside.example"}]}
        body["Operations"] = [readdress]
        refused = await scim.patch(f"/scim/v2/Users/{house.subs[MAJA]}", json=body)
        assert refused.status_code == 400
    assert "admin" not in await roles_of(house, TOMAS)


async def test_a_role_that_a_group_gives_is_not_removed(house: House, admin: Api) -> None:
    await admin.post("/roles", {"name": "auditor", "realm": "staff", "title": "Auditor"})
    group = await made(admin, "Auditors", "auditor")
    assert (await admin.call("DELETE", "/roles/auditor")).json()["code"] == "admin.still_used"
    await admin.matching("PATCH", group, {"role": None})
    assert (await admin.call("DELETE", "/roles/auditor")).status_code == 204


async def test_a_role_of_an_open_invitation_is_not_removed(house: House, admin: Api) -> None:
    await admin.post("/roles", {"name": "auditor", "realm": "staff", "title": "Auditor"})
    await admin.post("/people", {"email": "noor@inside.example", "roles": ["auditor"]})
    refused = await admin.call("DELETE", "/roles/auditor")
    assert (refused.status_code, "invited" in refused.json()["detail"]) == (409, True)
    await house.execute("delete from invitations")
    assert (await admin.call("DELETE", "/roles/auditor")).status_code == 204


async def test_a_role_in_the_rules_of_a_provider_is_not_removed(house: House, admin: Api) -> None:
    await admin.post("/roles", {"name": "auditor", "realm": "staff", "title": "Auditor"})
    settings = ENTRA | {"role_rules": [{"claim": "groups", "value": "Audit", "role": "auditor"}]}
    assert (await admin.post("/upstreams", settings)).status_code == 201
    refused = await admin.call("DELETE", "/roles/auditor")
    assert (refused.status_code, refused.json()["code"]) == (409, "admin.still_used")
    assert "Northwind Entra" in refused.json()["detail"]
    del settings["id"]
    await admin.matching("PUT", "/upstreams/entra", settings | {"role_rules": []})
    assert (await admin.call("DELETE", "/roles/auditor")).status_code == 204


async def links_to(house: House, email: str) -> list[str]:
    mails = await house.fetch('select body from mails where "to" = $1 order by created_at', email)
    return [link_in(mail["body"]) for mail in mails]


async def test_an_invitation_is_sent_again_with_another_link(house: House, admin: Api) -> None:
    await admin.post("/people", {"email": "noor@inside.example", "roles": ["customer_facing"]})
    [waiting] = (await admin.get("/invitations")).json()["data"]
    assert (waiting["email"], waiting["roles"], waiting["invited_by"]) == (
        "noor@inside.example",
        ["customer_facing"],
        "Ines",
    )
    assert (await admin.post(f"/invitations/{waiting['id']}/send-again")).status_code == 204
    before, after = await links_to(house, "noor@inside.example")
    browser = house.browser()
    assert (await browser.get(before)).status_code == 410
    assert (await browser.get(after)).status_code == 200
    [waiting] = (await admin.get("/invitations")).json()["data"]
    assert waiting["roles"] == ["customer_facing"]
    assert (await admin.post(f"/invitations/{uuid4()}/send-again")).status_code == 404


async def test_an_invitation_is_withdrawn(house: House, admin: Api) -> None:
    await admin.post("/people", {"email": "noor@inside.example"})
    [waiting] = (await admin.get("/invitations")).json()["data"]
    assert (await admin.call("DELETE", f"/invitations/{waiting['id']}")).status_code == 204
    [link] = await links_to(house, "noor@inside.example")
    assert (await house.browser().get(link)).status_code == 410
    assert (await admin.call("DELETE", f"/invitations/{waiting['id']}")).status_code == 404
    [told] = await house.fetch("select actor, details from audit_rows where event = 'invitation.withdrawn'")
    assert told["actor"] == f"account:{house.subs[ADMIN]}"
    assert told["details"] == {"invitation": waiting["id"]}


async def test_invitations_are_paged_the_newest_first(house: House, admin: Api) -> None:
    for name in ("a", "b", "c"):
        await admin.post("/people", {"email": f"{name}@inside.example"})
    seen, cursor = [], ""
    for _ in range(3):
        page = (await admin.get(f"/invitations?limit=1{cursor}")).json()
        seen += [one["email"][0] for one in page["data"]]
        cursor = f"&cursor={page['next_cursor']}"
    assert seen == ["c", "b", "a"]
    assert page["next_cursor"] is None
