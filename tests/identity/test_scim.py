"""What a directory can do over SCIM 2.0 (RFC 7643, RFC 7644), and what follows from it."""

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from identity_service.accounts.models import Account
from identity_service.accounts.service import email_key
from identity_service.clients import service as clients
from identity_service.clients.service import Registration
from identity_service.lifecycle import service as lifecycle
from identity_service.scim import groups, search, tokens
from identity_service.sealing import hashed
from identity_service.visit import Caller
from shared.oidc import RelyingParty
from shared.oidc.names import EventKind, GrantType
from tests.identity.driver import EMPLOYEE, EMPLOYEE_AUTH, ISSUER, House, basic, signed_in
from tests.identity.test_scim_tester import provisioning_token
from tests.identity.test_security_events import events, poll

MAJA, TOMAS, ANA = "maja@inside.example", "tomas@inside.example", "ana@outside.example"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
COMPANY = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


class Scim:
    """A directory."""

    def __init__(self, http: httpx.AsyncClient, token: str) -> None:
        self.http = http
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/scim+json"}

    async def __call__(
        self, method: str, path: str, body: Any = None, *, status: int = 200, **headers: str
    ) -> Any:
        sent = self.headers | {name.replace("_", "-"): value for name, value in headers.items()}
        answer = await self.http.request(method, f"/scim/v2{path}", json=body, headers=sent)
        assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text}"
        if answer.content:
            assert answer.headers["content-type"].startswith("application/scim+json")
        return answer.json() if answer.content else None

    async def user(self, user_name: str = "", /, **attributes: Any) -> Any:
        user_name = user_name or f"{uuid4().hex[:8]}@inside.example"
        body = {"schemas": [USER], "userName": user_name} | attributes
        return await self("POST", "/Users", body, status=201)

    async def group(self, name: str, *members: Any, **attributes: Any) -> Any:
        listed = [{"value": member["id"]} for member in members]
        body = {"schemas": [GROUP], "displayName": name, "members": listed} | attributes
        return await self("POST", "/Groups", body, status=201)

    async def patch(self, resource: Any, *operations: Any, status: int = 200, **headers: str) -> Any:
        kind = f"{resource['meta']['resourceType']}s"
        body = {"schemas": [PATCH], "Operations": list(operations)}
        return await self("PATCH", f"/{kind}/{resource['id']}", body, status=status, **headers)

    async def find(self, scim_filter: str, kind: str = "Users", **more: Any) -> list[str]:
        """The userName or displayName of what is found."""
        query = httpx.QueryParams({"filter": scim_filter, **more})
        found = await self("GET", f"/{kind}?{query}")
        assert found["totalResults"] == len(found["Resources"])
        return [one.get("userName") or one["displayName"] for one in found["Resources"]]


@pytest.fixture
async def scim(house: House, raw: httpx.AsyncClient) -> Scim:
    return Scim(raw, await provisioning_token(house))


def replace(path: str | None, value: Any) -> dict[str, Any]:
    return {"op": "replace", "value": value} | ({"path": path} if path else {})


async def account(house: House, user: Any) -> dict[str, Any]:
    [row] = await house.fetch("select * from accounts where id = $1", user["id"])
    return row


async def test_a_new_user_is_a_staff_account_without_password_or_mail(house: House, scim: Scim) -> None:
    made = await scim.user(
        "Ada@Inside.example",
        externalId="x-1",
        name={"givenName": "Ada", "familyName": "Byron"},
        password="never kept",
        **{
            COMPANY: {
                "employeeNumber": "7",
                "department": "Sales",
                "organization": "N",
                "manager": {"value": "m"},
            }
        },
    )
    row = await account(house, made)
    assert (row["realm"], row["name"], row["email"]) == ("staff", "Ada Byron", "Ada@Inside.example")
    assert (row["roles"], row["deactivated_at"], row["email_verified_at"]) == ([], None, None)
    assert made["active"] is True
    assert made[COMPANY]["manager"]["value"] == "m"
    assert made["meta"]["location"] == f"{ISSUER}/scim/v2/Users/{made['id']}"
    assert "password" not in str(made)
    assert await house.fetch("select 1 from password_credentials where account_id = $1", made["id"]) == []
    assert await house.fetch("select 1 from email_proofs where account_id = $1", made["id"]) == []
    assert await scim("GET", f"/Users/{made['id']}") == made


async def test_an_invitation_is_sent_only_when_asked_for(house: House, scim: Scim) -> None:
    object.__setattr__(house.services.settings, "identity_scim_invites", True)
    made = await scim.user("ada@inside.example")
    proofs = await house.fetch("select * from email_proofs where account_id = $1", made["id"])
    assert [proof["purpose"] for proof in proofs] == ["set_password"]


async def test_staff_that_were_there_before_are_found_by_letters_of_any_alphabet(
    house: House, scim: Scim
) -> None:
    address = "Änne@inside.example"
    changed = "update accounts set email = $1, email_key = $2 where id = $3"
    await house.execute(changed, address, email_key(address), house.subs[MAJA])
    for typed in ("änne@inside.example", "ÄNNE@inside.example"):
        assert await scim.find(f'userName eq "{typed}"') == [address]


async def test_staff_that_were_there_before_are_found_and_customers_never(house: House, scim: Scim) -> None:
    assert await scim.find(f'userName eq "{MAJA.upper()}"') == [MAJA]
    assert await scim.find(f'userName eq "{ANA}"') == []
    await scim("GET", f"/Users/{house.subs[ANA]}", status=404)
    maja = await scim("GET", f"/Users/{house.subs[MAJA]}")
    assert maja["roles"] == [{"value": "community_manager"}]
    await scim("DELETE", f"/Users/{house.subs[ANA]}", status=404)


@pytest.mark.parametrize("name", [MAJA, "MAJA@INSIDE.EXAMPLE"])
async def test_a_name_that_is_taken_is_a_conflict(scim: Scim, name: str) -> None:
    body = {"schemas": [USER], "userName": name}
    refusal = await scim("POST", "/Users", body, status=409)
    assert refusal["scimType"] == "uniqueness"
    other = await scim.user()
    await scim.patch(other, replace("userName", name), status=409)
    await scim.patch(other, replace('emails[type eq "work"].value', name), status=409)
    assert (await scim("GET", f"/Users/{other['id']}"))["userName"] == other["userName"]


@pytest.mark.parametrize(
    "operation",
    [
        replace("active", False),
        replace("active", "False"),
        replace(None, {"active": False}),
        {"op": "Replace", "path": "active", "value": "false"},
    ],
)
async def test_22_whoever_is_made_inactive_is_out_everywhere(
    house: House, scim: Scim, employee: RelyingParty, raw: httpx.AsyncClient, operation: Any
) -> None:
    got = await signed_in(house, employee, MAJA, realm="staff", resource=EMPLOYEE)
    maja = await scim("GET", f"/Users/{house.subs[MAJA]}")
    left = await scim.patch(maja, operation)
    assert left["active"] is False
    assert await scim.find(f'userName eq "{MAJA}" and active eq false') == [MAJA]
    assert EventKind.DISABLED in await events(house, await poll(raw, EMPLOYEE_AUTH))
    answer = await raw.get("/oauth/userinfo", headers={"Authorization": f"Bearer {got.access_token}"})
    assert answer.status_code == 401
    assert (await scim.patch(maja, replace("active", True)))["active"] is True
    assert (await account(house, maja))["deactivated_at"] is None


async def test_deleted_means_shut_out_and_not_there_any_more(house: House, scim: Scim) -> None:
    maja = {"id": house.subs[MAJA]}
    await scim("DELETE", f"/Users/{maja['id']}", status=204)
    for method in ("GET", "DELETE"):
        await scim(method, f"/Users/{maja['id']}", status=404)
    assert await scim.find(f'userName eq "{MAJA}"') == []
    row = await account(house, maja)
    assert row["deactivated_at"] is not None
    assert MAJA not in (row["email"], row["email_key"])
    again = await scim.user(MAJA)
    assert again["id"] != maja["id"], "another person may get the name, and nothing of the account"


async def test_deleted_for_good_when_so_set(house: House, scim: Scim, raw: httpx.AsyncClient) -> None:
    object.__setattr__(house.services.settings, "identity_scim_purges", True)
    await scim("DELETE", f"/Users/{house.subs[MAJA]}", status=204)
    assert await house.fetch("select 1 from accounts where id = $1", house.subs[MAJA]) == []
    assert EventKind.PURGED in await events(house, await poll(raw, EMPLOYEE_AUTH))


async def test_roles_come_and_go_but_no_administrator_is_made(house: House, scim: Scim) -> None:
    user = await scim.user(roles=[{"value": "customer_facing"}, {"value": "admin"}, {"value": "Poet"}])
    assert (await account(house, user))["roles"] == ["customer_facing"]
    assert {role["value"] for role in user["roles"]} == {"customer_facing", "admin", "Poet"}
    await scim.patch(user, {"op": "remove", "path": 'roles[value eq "customer_facing"]'})
    assert (await account(house, user))["roles"] == []
    await house.execute(
        "update accounts set roles = '{admin}', given_roles = '{admin}' where id = $1", house.subs[TOMAS]
    )
    tomas = await scim("GET", f"/Users/{house.subs[TOMAS]}")
    await scim.patch(tomas, {"op": "remove", "path": "roles"})
    assert (await account(house, tomas))["roles"] == ["admin"]


async def test_a_group_of_a_roles_name_gives_the_role(house: House, scim: Scim) -> None:
    ada, bob = await scim.user(), await scim.user()
    group = await scim.group("customer_facing", ada)
    assert (await account(house, ada))["roles"] == ["customer_facing"]
    shown = await scim("GET", f"/Users/{ada['id']}")
    assert [(one["value"], one["display"]) for one in shown["groups"]] == [(group["id"], "customer_facing")]
    await scim.patch(group, {"op": "add", "path": "members", "value": [{"value": bob["id"]}]})
    assert (await account(house, bob))["roles"] == ["customer_facing"]
    await scim.patch(group, {"op": "remove", "path": f'members[value eq "{ada["id"]}"]'})
    assert (await account(house, ada))["roles"] == []
    await scim.patch(group, {"op": "remove", "path": "members", "value": [{"value": bob["id"]}]})
    assert (await account(house, bob))["roles"] == []


async def test_what_a_directory_reads_and_writes_back_gives_no_role_by_the_way(
    house: House, scim: Scim
) -> None:
    maja = await scim("GET", f"/Users/{house.subs[MAJA]}")
    group = await scim.group("customer_facing", maja)
    shown = await scim("GET", f"/Users/{maja['id']}")
    assert {role["value"] for role in shown["roles"]} == {"community_manager", "customer_facing"}
    for title in ("Editor", "Publisher"):
        await scim("PUT", f"/Users/{maja['id']}", shown | {"title": title})
    await scim.patch(maja, {"op": "replace", "path": "title", "value": "Author"})
    assert (await account(house, maja))["roles"] == ["community_manager", "customer_facing"]
    await scim.patch(group, {"op": "remove", "path": "members"})
    assert (await account(house, maja))["roles"] == ["community_manager"]


async def test_a_group_can_be_mapped_to_a_role_later(house: House, scim: Scim) -> None:
    ada = await scim.user()
    group = await scim.group("Support Vienna", ada)
    caller = Caller(services=house.services, now=house.clock.now(), address="console")
    async with caller.begin() as visit:
        assert await groups.map_role(visit, "Support Vienna", "customer_facing") == 1
    assert (await account(house, ada))["roles"] == ["customer_facing"]
    await scim("DELETE", f"/Groups/{group['id']}", status=204)
    assert (await account(house, ada))["roles"] == []
    assert await scim.find('displayName eq "Support Vienna"', "Groups") == []


@pytest.mark.parametrize("member", ["nobody", "3f0e8c52-6c0a-4f0e-9d5e-0d8f3a1f0c11", "a-customer"])
async def test_members_must_be_staff_that_there_is(house: House, scim: Scim, member: str) -> None:
    member = house.subs[ANA] if member == "a-customer" else member
    body = {"schemas": [GROUP], "displayName": "G", "members": [{"value": member}]}
    refusal = await scim("POST", "/Groups", body, status=400)
    assert refusal["scimType"] == "invalidValue"


ADA = {
    "displayName": "Ada Byron",
    "title": "Poet",
    "emails": [{"value": "ada@work.example", "type": "work", "primary": True}, {"value": "ada@home.example"}],
    "externalId": "Ext-7",
    COMPANY: {"department": "Engines", "employeeNumber": "0042"},
}
FILTERS = [
    'userName eq "ADA"',
    'userName sw "ad" and userName ew "da" and userName co "d"',
    'userName ne "bob" and title pr',
    'externalId eq "Ext-7"',
    'title eq "poet" or title eq "clown"',
    'not (title ne "Poet")',
    'not (userName eq "bob") and not (title eq "Clown") and title pr',
    'emails eq "ADA@work.example"',
    'emails[type eq "work" and value co "@work"]',
    'emails.type eq "work"',
    f'{COMPANY}:department eq "engines"',
    f'{COMPANY}:employeeNumber sw "00" and active eq true',
    f'{USER}:title eq "Poet"',
    'displayName co "byron"',
    'title ge "poet" and title le "poet" and title gt "a" and title lt "z"',
    'meta.created gt "2020-01-01T00:00:00Z" and meta.lastModified le "2999-01-01T00:00:00Z" and title pr',
    "(title pr) and (not (nickName pr))",
    'TITLE EQ "poet"',
]


@pytest.mark.parametrize("scim_filter", FILTERS)
async def test_filters_find_whom_they_describe(scim: Scim, scim_filter: str) -> None:
    ada = await scim.user("ada", **ADA)
    await scim.user("bob")
    assert await scim.find(scim_filter) == ["ada"]
    assert await scim.find(f'id eq "{ada["id"]}" and ({scim_filter})') == ["ada"]


async def test_groups_are_found_by_name_and_member(scim: Scim) -> None:
    ada = await scim.user("ada")
    group = await scim.group("Poets", ada, externalId="g1")
    await scim.group("Clowns")
    wanted = ('displayName eq "poets"', 'externalId eq "g1"', f'id eq "{group["id"]}"')
    by_member = [f'{path} eq "{ada["id"]}"' for path in ("members", "members.value")]
    for found in (*wanted, *by_member, f'members[value eq "{ada["id"]}"]'):
        assert await scim.find(found, "Groups") == ["Poets"], found
    lean = await scim("GET", f"/Groups/{group['id']}?excludedAttributes=members")
    assert "members" not in lean


@pytest.mark.parametrize(
    "bad",
    [
        "userName", "userName eq", 'userName eq "a" and', 'nonsense eq "a"', "userName eq ada", "((((", "[",
        'active gt true', 'meta.created gt "yesterday"', 'userName eq "a" xor title pr', "(" * 500,
        "not " * 800, 'title eq "' + "x" * 3000 + '"', "(" * 30 + "title pr" + ")" * 30,
    ],
)  # fmt: skip
async def test_a_filter_that_is_none_is_refused_as_such(scim: Scim, bad: str) -> None:
    refusal = await scim("GET", f"/Users?{httpx.QueryParams({'filter': bad})}", status=400)
    assert refusal["scimType"] == "invalidFilter"


async def test_pages_count_from_one_and_have_an_end(scim: Scim) -> None:
    for number in range(7):
        await scim.user(f"p{number}")
    first = await scim("GET", "/Users?filter=userName+sw+%22p%22&sortBy=userName&count=3")
    names = [one["userName"] for one in first["Resources"]]
    assert (names, first["totalResults"], first["itemsPerPage"]) == (["p0", "p1", "p2"], 7, 3)
    page = await scim("GET", "/Users?sortBy=userName&sortOrder=descending&startIndex=2&count=2")
    assert [one["userName"] for one in page["Resources"]] == ["p6", "p5"] or page["startIndex"] == 2
    none = await scim("GET", "/Users?count=0")
    assert none["Resources"] == []
    assert none["totalResults"] > 7
    far = await scim("GET", f"/Users?startIndex={10**30}&count=-1")
    assert far["Resources"] == []
    by_mail = await scim("GET", "/Users?sortBy=emails&attributes=userName")
    assert len(by_mail["Resources"]) == none["totalResults"]
    assert set(by_mail["Resources"][0]) <= {"schemas", "id", "userName", "meta"}


async def test_too_many_to_be_compared_one_by_one_is_said(
    scim: Scim, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "MOST_COMPARED", 2)
    query = httpx.QueryParams({"filter": 'displayName co "a"'})
    assert (await scim("GET", f"/Users?{query}", status=400))["scimType"] == "tooMany"
    assert await scim.find(f'userName eq "{MAJA}"') == [MAJA]


async def test_a_change_to_another_version_is_refused(scim: Scim) -> None:
    user = await scim.user("ada")
    version = user["meta"]["version"]
    answer = await scim.http.get(f"/scim/v2/Users/{user['id']}", headers=scim.headers)
    assert answer.headers["etag"] == version
    known = {**scim.headers, "If-None-Match": version}
    assert (await scim.http.get(f"/scim/v2/Users/{user['id']}", headers=known)).status_code == 304
    changed = await scim.patch(user, replace("title", "Poet"), if_match=version)
    assert changed["meta"]["version"] != version
    refusal = await scim.patch(user, replace("title", "Clown"), status=412, if_match=version)
    assert refusal["status"] == "412"
    body = {"schemas": [USER], "userName": "ada"}
    await scim("PUT", f"/Users/{user['id']}", body, status=412, if_match=version)
    await scim("DELETE", f"/Users/{user['id']}", status=412, if_match=version)
    await scim("DELETE", f"/Users/{user['id']}", status=204, if_match="*")


async def test_what_people_change_here_is_what_directories_see(house: House, scim: Scim) -> None:
    user = await scim.user("ada@inside.example", displayName="Ada", emails=[{"value": "ada@inside.example"}])
    await house.execute(
        "update accounts set name = 'Ada B.', email = 'ada@new.example', email_key = 'ada@new.example'"
        " where id = $1",
        user["id"],
    )
    seen = await scim("GET", f"/Users/{user['id']}")
    assert (seen["displayName"], seen["emails"][0]["value"]) == ("Ada B.", "ada@new.example")


@pytest.mark.parametrize("path", ["emails", "userName"])
async def test_nobody_with_more_roles_than_a_directory_gives_gets_another_address(
    house: House, scim: Scim, path: str
) -> None:
    await house.execute(
        "update accounts set roles = '{admin}', given_roles = '{admin}' where id = $1", house.subs[TOMAS]
    )
    tomas = await scim("GET", f"/Users/{house.subs[TOMAS]}")
    if path == "userName":
        tomas = await scim.patch(tomas, {"op": "remove", "path": "emails"})
    new = "thief@inside.example"
    wanted = replace(path, new if path == "userName" else [{"value": new, "primary": True}])
    refusal = await scim.patch(tomas, wanted, status=400)
    assert (refusal["scimType"], refusal["detail"].partition(":")[0]) == ("invalidValue", "emails")
    assert (await account(house, tomas))["email"] == TOMAS
    await scim.patch(tomas, replace("title", "Engineer"))


async def test_another_address_ends_links_to_the_old_one_and_is_told_there(house: House, scim: Scim) -> None:
    browser = house.browser()
    await browser.post("/reset-password", {"email": MAJA, "realm": "staff"})
    maja = await scim("GET", f"/Users/{house.subs[MAJA]}")
    await scim.patch(maja, replace("emails", [{"value": "maja@new.example"}]))
    rows = await house.fetch("select used_at from email_proofs where account_id = $1", maja["id"])
    assert [row["used_at"] is None for row in rows] == [False]
    told = await house.fetch('select * from mails where "to" = $1 order by created_at, id', MAJA)
    assert "maja@new.example" in told[-1]["body"]
    assert (await account(house, maja))["email_verified_at"] is None


async def test_a_directory_opens_only_what_directories_shut(house: House, scim: Scim) -> None:
    maja = await scim("GET", f"/Users/{house.subs[MAJA]}")

    async def shut(user: Any) -> None:
        caller = Caller(services=house.services, now=house.clock.now(), address="console")
        async with caller.begin() as visit:
            person = await visit.session.get_one(Account, UUID(user["id"]))
            await lifecycle.deactivate(visit, person, because="an administrator", by="administrator")

    await shut(maja)
    assert (await scim.patch(maja, replace("active", True)))["active"] is False
    await scim.patch(maja, replace("active", False))
    assert (await scim.patch(maja, replace("active", True)))["active"] is False
    assert (await account(house, maja))["deactivated_at"] is not None

    ada = await scim.user()
    await scim.patch(ada, replace("active", False))
    assert (await scim.patch(ada, replace("active", True)))["active"] is True
    await scim.patch(ada, replace("active", False))
    await shut(ada)
    assert (await scim.patch(ada, replace("active", True)))["active"] is False, "others want it shut as well"


async def test_every_act_is_in_the_audit_log_without_what_was_said(house: House, scim: Scim) -> None:
    user = await scim.user("ada", title="A secret title")
    await scim.patch(user, replace("title", "Another secret"))
    group = await scim.group("Poets", user)
    await scim("DELETE", f"/Groups/{group['id']}", status=204)
    await scim("DELETE", f"/Users/{user['id']}", status=204)
    rows = await house.fetch("select event, actor, details::text from pending_audit_rows")
    rows += await house.fetch("select event, actor, details::text from audit_rows")
    mine = [row for row in rows if row["event"].startswith("scim.") and row["actor"] == "scim:entra"]
    assert {row["event"] for row in mine} == {
        "scim.user_created", "scim.user_changed", "scim.user_deleted", "scim.group_created",
        "scim.group_deleted",
    }  # fmt: skip
    assert not any("secret" in row["details"] for row in mine)


@pytest.mark.parametrize("token", ["", "nb-scim-wrong", "a.b.c"])
async def test_nobody_else_may_provision(raw: httpx.AsyncClient, token: str) -> None:
    for path in ("/Users", "/Groups", "/Users/x"):
        answer = await raw.get(f"/scim/v2{path}", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.json()["status"] == "401"


async def test_a_token_of_a_person_or_for_another_service_is_refused(
    house: House, employee: RelyingParty, raw: httpx.AsyncClient
) -> None:
    got = await signed_in(house, employee, MAJA, realm="staff", resource=EMPLOYEE)
    for token in (got.access_token, got.id_token):
        answer = await raw.get("/scim/v2/Users", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 401


async def test_a_client_with_the_scope_may_provision_until_it_is_shut(
    house: House, raw: httpx.AsyncClient
) -> None:
    audience = f"{ISSUER}/scim/v2"
    wanted = Registration(
        id="directory",
        name="Directory",
        secret_hash=hashed("d" * 43),
        grant_types=[GrantType.CLIENT],
        machine_scopes=["scim"],
        machine_audiences=[audience],
    )
    async with house.services.database.transaction() as session:
        await clients.register(session, wanted, house.clock.now())
    form = {"grant_type": "client_credentials", "resource": audience, "scope": "scim"}
    answer = await raw.post("/oauth/token", data=form, headers=basic("directory", "d" * 43))
    scim = Scim(raw, answer.json()["access_token"])
    assert await scim.find(f'userName eq "{MAJA}"') == [MAJA]
    await house.execute("update clients set disabled_at = now() where id = 'directory'")
    await scim("GET", "/Users", status=401)


async def test_a_revoked_provisioning_token_is_refused(house: House, scim: Scim) -> None:
    caller = Caller(services=house.services, now=house.clock.now(), address="console")
    async with caller.begin() as visit:
        await tokens.revoke(visit, "entra")
    await scim("GET", "/Users", status=401)


_USER_WITH = f'{{"schemas": ["{USER}"], "userName": '


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/Users", "[", 400),
        ("POST", "/Users", '"x"', 400),
        ("POST", "/Users", "{}", 400),
        ("POST", "/Users", _USER_WITH + '"a\\u0000b"}', 400),
        ("POST", "/Users", _USER_WITH + '"\\ud800"}', 400),
        ("POST", "/Users", _USER_WITH + '{"a": 1}}', 400),
        ("POST", "/Users", _USER_WITH + '"a", "emails": [{"value": "@"}]}', 400),
        ("POST", "/Users", "[" * 100_000, 400),
        ("POST", "/Users", " " * 1_100_000, 413),
        ("POST", "/Nothing", "{}", 404),
        ("PUT", "/Users", "{}", 405),
        ("DELETE", "/ServiceProviderConfig", "", 405),
        ("POST", "/.search", "{}", 501),
        ("GET", "/Users/not-an-id", "", 404),
        ("GET", "/Schemas/nothing", "", 404),
        ("GET", "/Schemas?filter=id+pr", "", 403),
        ("GET", "/Users?attributes=userName&excludedAttributes=title", "", 400),
        ("GET", "/Users?count=many", "", 400),
    ],
)
async def test_bad_requests_are_answered_in_scims_own_form(
    scim: Scim, method: str, path: str, body: str, status: int
) -> None:
    answer = await scim.http.request(method, f"/scim/v2{path}", content=body, headers=scim.headers)
    assert answer.status_code == status, answer.text
    if answer.headers["content-type"].startswith("application/scim+json"):
        assert answer.json()["status"] == str(status)


words = st.sampled_from(
    ["userName", "title", "emails", "emails.value", "active", "meta.created", "id", "members", "roles",
     "eq", "ne", "co", "sw", "gt", "le", "pr", "and", "or", "not", "(", ")", "[", "]", '"a"', '""', "true",
     "null", "1", "1e999", "-1", '"2020-01-01T00:00:00Z"', '"\\u0000"', '"\\ud800"', '"%_\\\\"', COMPANY,
     ":department", ".", "$ref", "\U0001f600"]
)  # fmt: skip
attributes = st.sampled_from(
    ["userName", "title", "emails.value", "active", "meta.created", "id", "name.givenName", "groups",
     "roles.value", f"{COMPANY}:manager.value", "externalId", "displayName", "photos", "addresses.primary"]
)  # fmt: skip
operators = st.sampled_from(["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"])
values = st.one_of(
    st.sampled_from(["true", "null", "0", "-1.5", '"\\u0000"', '"\\ud83d"', '"9999-12-31T23:59:60Z"']),
    st.text(max_size=8).map(lambda text: f'"{text}"'),
)
comparisons = st.builds("{} {} {}".format, attributes, operators, values)
odd = st.one_of(
    st.lists(words, max_size=12).map(" ".join),
    st.recursive(
        comparisons,
        lambda inner: st.one_of(
            st.builds("not ({})".format, inner), st.builds("({} or {})".format, inner, inner)
        ),
        max_leaves=6,
    ),
    st.text(max_size=40),
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(scim_filter=odd, sort=attributes, kind=st.sampled_from(["Users", "Groups"]))
async def test_no_filter_breaks_anything(scim: Scim, scim_filter: str, sort: str, kind: str) -> None:
    query = httpx.QueryParams({"filter": scim_filter, "sortBy": sort})
    answer = await scim.http.get(f"/scim/v2/{kind}?{query}", headers=scim.headers)
    assert answer.status_code in (200, 400), answer.text
    path = {"op": "remove", "path": scim_filter}
    body = {"schemas": [PATCH], "Operations": [path]}
    nobody = await scim.http.patch(f"/scim/v2/{kind}/{uuid4()}", json=body, headers=scim.headers)
    assert nobody.status_code in (400, 404), nobody.text
