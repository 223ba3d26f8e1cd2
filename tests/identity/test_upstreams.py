"""Signing in by way of a provider upstream (OpenID Connect Core, RFC 9207; docs/security.md 33)."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import uvicorn
from joserfc.jwk import ECKey

from identity_service.clients.keys import RemoteKeySets
from identity_service.outgoing import Outgoing
from identity_service.policy import service as policies
from identity_service.policy.service import Policy
from identity_service.upstreams import service
from identity_service.upstreams.documents import Documents
from identity_service.upstreams.schemas import UpstreamSettings
from identity_service.visit import Caller
from shared.oidc import RelyingParty
from tests.identity.driver import EMPLOYEE, SCOPE, Browser, House, callback, payload
from tests.identity.elsewhere import Elsewhere, signed_with_text, unsigned

MAJA, NEW = "maja@inside.example", "noor@inside.example"
PERSON: dict[str, Any] = {"email": NEW, "email_verified": True, "name": "Noor", "groups": ["helpers"]}


@asynccontextmanager
async def serving(provider: Elsewhere, listening: socket.socket) -> AsyncIterator[None]:
    config = uvicorn.Config(provider.app(), log_level="error", lifespan="off", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve(sockets=[listening]))
    yield
    server.should_exit = server.force_exit = True
    await running


@pytest.fixture
async def elsewhere(house: House) -> AsyncIterator[Elsewhere]:
    """One provider that runs, whose host a setting names, and that is connected under the id `north`."""
    listening = socket.create_server(("127.0.0.1", 0))
    provider = Elsewhere(listening.getsockname()[1], now=house.now())
    await reach(house, f"localhost:{provider.port}")
    await connect(house, "north", provider)
    async with serving(provider, listening):
        yield provider


async def reach(house: House, *hosts: str) -> None:
    services = house.services
    await services.outgoing.close()
    services.outgoing = Outgoing(frozenset(hosts))
    services.client_keys = RemoteKeySets(services.outgoing, house.now)
    services.upstream_documents = Documents(services.outgoing, house.now)


async def connect(house: House, upstream_id: str, provider: Elsewhere, **changes: Any) -> None:
    values: dict[str, Any] = {
        "title": f"{upstream_id.title()}wind Entra",
        "issuer": provider.issuer,
        "client_id": provider.client_id,
        "email_domains": ["inside.example"],
        "provisions": True,
        "role_rules": [
            {"claim": "groups", "value": "helpers", "role": "customer_facing"},
            {"claim": "groups", "value": "root", "role": "admin", "makes_admin": True},
        ],
    }
    async with Caller(services=house.services, now=house.clock.now(), address="console").begin() as visit:
        settings = UpstreamSettings(**(values | changes))
        await service.keep(visit, upstream_id, settings, secret=provider.secret)


async def asked(browser: Browser, upstream_id: str = "north", query: str = "") -> str:
    """The browser on its way to the provider: where it is sent."""
    answer = await browser.get(f"/sign-in/upstream/{upstream_id}{query}")
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


async def arrived(browser: Browser, provider: Elsewhere, **says: Any) -> httpx.Response:
    """The whole way to the provider and back."""
    provider.says = PERSON | says
    return await browser.get(provider.answer(await asked(browser)))


def signed_in(answer: httpx.Response) -> bool:
    return answer.status_code == 303 and answer.headers["location"].startswith("/account?realm=staff")


async def roles_of(house: House, email: str) -> list[str]:
    [row] = await house.fetch("select roles from accounts where email_key = $1", email)
    return list(row["roles"])


async def reasons(house: House) -> list[str]:
    rows = await house.fetch(
        "select details->>'because' because from audit_rows where event = 'upstream.refused' order by number"
    )
    return [row["because"] for row in rows]


async def test_the_sign_in_page_names_the_providers_of_its_realm(house: House, elsewhere: Elsewhere) -> None:
    browser = house.browser()
    assert "Sign in with Northwind Entra" in (await browser.get("/sign-in?realm=staff")).text
    assert "Northwind Entra" not in (await browser.get("/sign-in?realm=customer")).text
    await connect(house, "north", elsewhere, is_enabled=False)
    assert "Northwind Entra" not in (await browser.get("/sign-in?realm=staff")).text
    assert (await browser.get("/sign-in/upstream/north")).status_code == 404


async def test_somebody_new_gets_an_account_and_the_community_its_tokens(
    house: House, employee: RelyingParty, elsewhere: Elsewhere
) -> None:
    browser = house.browser()
    request = await employee.begin(scope=SCOPE, resource=EMPLOYEE, realm="staff")
    pending = (await browser.get(request.url)).headers["location"].rpartition("?")[2]
    elsewhere.says = PERSON
    back = await browser.get(elsewhere.answer(await asked(browser, query=f"?{pending}")))
    tokens = await employee.complete(callback(back), request)

    said = payload(tokens.access_token)
    assert (said["realm"], said["name"], said["roles"]) == ("staff", "Noor", ["customer_facing"])
    assert tokens.id_claims["amr"] == ["fed"]
    events = [
        row["event"]
        for row in await house.fetch(
            "select event from audit_rows where event like 'upstream.%' order by number"
        )
    ]
    assert events == [
        "upstream.applied",
        "upstream.provisioned",
        "upstream.linked",
        "upstream.signed_in",
    ]


async def test_who_is_known_by_the_subject_comes_back_to_the_same_account(
    house: House, elsewhere: Elsewhere
) -> None:
    assert signed_in(await arrived(house.browser(), elsewhere))
    assert signed_in(await arrived(house.browser(), elsewhere, email="married@other.example"))
    found = await house.fetch(
        "select a.email_key, i.shown from accounts a join upstream_identities i on true "
        "where i.account_id = a.id"
    )
    assert found == [{"email_key": NEW, "shown": "married@other.example"}]


async def test_nobody_gets_an_account_without_a_proved_address_of_an_allowed_domain(
    house: House, elsewhere: Elsewhere
) -> None:
    before = await house.fetch("select count(*) from accounts")
    unfit: tuple[dict[str, Any], ...] = (
        {"email": "eve@elsewhere.example"},
        {"email": "eve@sub.inside.example"},
        {"email_verified": False},
        {"email_verified": None},
        {"email": None},
        {"email": "eve@elsewhere.example@inside.example"},
    )
    for says in unfit:
        answer = await arrived(house.browser(), elsewhere, **says)
        assert answer.headers["location"] == "/sign-in/upstream-offer", says
    assert await house.fetch("select count(*) from accounts") == before


async def test_33_an_equal_address_links_nothing(house: House, elsewhere: Elsewhere) -> None:
    browser = house.browser()
    answer = await arrived(browser, elsewhere, email=MAJA)
    assert answer.headers["location"] == "/sign-in/upstream-offer"
    assert "Which account is yours?" in (await browser.get("/sign-in/upstream-offer")).text
    assert (await browser.get("/account")).headers["location"].startswith("/sign-in")
    assert await house.fetch("select 1 from upstream_identities") == []
    refused = await browser.post("/account/upstreams/confirm", {})
    assert refused.headers["location"].startswith("/sign-in")
    assert await house.fetch("select 1 from upstream_identities") == []


async def test_an_account_is_connected_once_its_person_signed_in_and_said_so(
    house: House, employee: RelyingParty, elsewhere: Elsewhere
) -> None:
    browser = house.browser()
    request = await employee.begin(scope=SCOPE, resource=EMPLOYEE, realm="staff")
    pending = (await browser.get(request.url)).headers["location"].rpartition("?")[2]
    elsewhere.says = PERSON | {"email": MAJA}
    await browser.get(elsewhere.answer(await asked(browser, query=f"?{pending}")))
    form = {"email": MAJA, "password": "an unlikely sentence 7", "realm": "staff"}
    answer = await browser.post("/sign-in", form | {"next": "/account/upstreams/confirm"})
    assert answer.headers["location"] == "/account/upstreams/confirm"
    page = await browser.get("/account/upstreams/confirm")
    assert "Connect Northwind Entra?" in page.text
    assert EMPLOYEE in page.headers["content-security-policy"]
    tokens = await employee.complete(callback(await browser.post("/account/upstreams/confirm", {})), request)
    assert tokens.id_claims["sub"] == house.subs[MAJA]
    assert await roles_of(house, MAJA) == ["community_manager", "customer_facing"]
    assert signed_in(await arrived(house.browser(), elsewhere, email=MAJA))


async def test_one_offer_connects_one_account_once(house: House, elsewhere: Elsewhere) -> None:
    browser = house.browser()
    await arrived(browser, elsewhere, email=MAJA)
    await browser.sign_in(MAJA, realm="staff")
    assert (await browser.post("/account/upstreams/confirm", {})).status_code == 303
    again = await browser.post("/account/upstreams/confirm", {})
    assert again.status_code == 409
    other = house.browser()
    await other.sign_in("tomas@inside.example", realm="staff")
    elsewhere.says = PERSON
    await other.get(
        elsewhere.answer((await other.get("/account/upstreams/connect?upstream=north")).headers["location"])
    )
    stolen = await other.post("/account/upstreams/confirm", {})
    assert (stolen.status_code, "connected with another account" in stolen.text) == (409, True)


async def test_a_connection_is_begun_at_the_account_and_confirmed_by_a_form(
    house: House, elsewhere: Elsewhere
) -> None:
    browser = house.browser()
    await browser.sign_in(MAJA, realm="staff")
    there = await browser.get("/account/upstreams/connect?upstream=north")
    elsewhere.says = PERSON
    answer = await browser.get(elsewhere.answer(there.headers["location"]))
    assert answer.headers["location"] == "/account/upstreams/confirm"
    assert await house.fetch("select 1 from upstream_identities") == []
    forged = await browser.post("/account/upstreams/confirm", {}, headers={"Sec-Fetch-Site": "cross-site"})
    assert forged.status_code == 403
    await browser.post("/account/upstreams/confirm", {})
    page = await browser.get("/account/upstreams")
    assert NEW in page.text
    house.clock.advance(timedelta(minutes=11))
    stale = await browser.get("/account/upstreams/connect?upstream=north")
    assert "prove=again" in stale.headers["location"]


async def test_unlinking_takes_the_roles_along_and_leaves_a_way_in(
    house: House, elsewhere: Elsewhere
) -> None:
    browser = house.browser()
    await arrived(browser, elsewhere)
    [row] = await house.fetch("select id, account_id from upstream_identities")
    kept = await browser.post("/account/upstreams/unlink", {"link": str(row["id"])})
    assert (kept.status_code, "only way into your account" in kept.text) == (409, True)
    other = house.browser()
    await other.sign_in(MAJA, realm="staff")
    assert (await other.post("/account/upstreams/unlink", {"link": str(row["id"])})).status_code == 404
    await house.execute(
        "insert into password_credentials (account_id, password_hash, changed_at) values ($1, 'x', now())",
        row["account_id"],
    )
    gone = await browser.post("/account/upstreams/unlink", {"link": str(row["id"])})
    assert gone.headers["location"] == "/account/upstreams?done=no-upstream"
    assert await roles_of(house, NEW) == []
    assert await house.fetch("select 1 from upstream_identities") == []


async def test_roles_follow_the_provider_and_leave_alone_what_others_gave(
    house: House, elsewhere: Elsewhere
) -> None:
    await arrived(house.browser(), elsewhere)
    await house.execute(
        "update accounts set roles = array_append(roles, 'analyst'), given_roles = '{analyst}'"
        " where email_key = $1",
        NEW,
    )
    assert await roles_of(house, NEW) == ["customer_facing", "analyst"]
    await arrived(house.browser(), elsewhere, groups="root")
    assert await roles_of(house, NEW) == ["admin", "analyst"]
    await arrived(house.browser(), elsewhere, groups=None)
    assert await roles_of(house, NEW) == ["analyst"]
    told = await house.fetch("select payload from security_events where payload::text like '%roles%'")
    assert told, "services hear of it"


async def test_the_role_admin_wants_a_rule_that_says_so() -> None:
    rule = {"claim": "groups", "value": "root", "role": "admin"}
    with pytest.raises(ValueError, match="makes_admin"):
        UpstreamSettings(title="x", issuer="https://x.example", client_id="x", role_rules=[rule])


async def test_22_who_was_deactivated_stays_out(house: House, elsewhere: Elsewhere) -> None:
    await arrived(house.browser(), elsewhere)
    await house.deactivate(NEW)
    browser = house.browser()
    answer = await arrived(browser, elsewhere)
    assert (answer.status_code, "was shut" in answer.text) == (403, True)
    other = await arrived(browser, elsewhere, sub="another-subject")
    assert other.headers["location"] == "/sign-in/upstream-offer", "nor is there a second account"
    assert await reasons(house) == ["deactivated"]


def forged(provider: Elsewhere, how: str) -> None:
    """Make the next id_token one that must not be believed."""
    match how:
        case "nonce":
            provider.says |= {"nonce": "another"}
        case "no nonce":
            provider.says |= {"nonce": None}
        case "issuer":
            provider.says |= {"iss": "https://elsewhere.example"}
        case "audience":
            provider.says |= {"aud": "another-client"}
        case "audiences":
            provider.says |= {"aud": [provider.client_id, "another-client"]}
        case "azp":
            provider.says |= {"azp": "another-client"}
        case "expired":
            provider.says |= {"exp": int(provider.now) - 61}
        case "no exp":
            provider.says |= {"exp": None}
        case "future":
            provider.says |= {"iat": int(provider.now) + 61}
        case "no subject":
            provider.says |= {"sub": ""}
        case "none":
            provider.token = unsigned({"iss": provider.issuer, "sub": "x", "aud": provider.client_id})
        case "HS256":
            claims = {"iss": provider.issuer, "sub": "x", "aud": provider.client_id}
            public = provider.key.as_pem(private=False)
            provider.token = signed_with_text(claims, public, str(provider.key.kid))
        case "another key":
            provider.signs_with = ECKey.generate_key("P-256")
        case "jwk":
            own = ECKey.generate_key("P-256")
            provider.signs_with, provider.header = own, {"jwk": own.as_dict(private=False)}
        case "access token":
            provider.header = {"typ": "at+jwt"}
        case "logout token":
            provider.header = {"typ": "logout+jwt"}


FORGERIES = (
    "nonce",
    "no nonce",
    "issuer",
    "audience",
    "audiences",
    "azp",
    "expired",
    "no exp",
    "future",
    "no subject",
    "none",
    "HS256",
    "another key",
    "jwk",
    "access token",
    "logout token",
)


async def test_10_what_is_not_signed_for_us_and_for_this_question_is_refused(
    house: House, elsewhere: Elsewhere
) -> None:
    browser = house.browser()
    for how in FORGERIES:
        there = await asked(browser)
        elsewhere.says, elsewhere.header = dict(PERSON), {}
        elsewhere.signs_with = elsewhere.token = None
        forged(elsewhere, how)
        answer = await browser.get(elsewhere.answer(there))
        assert (answer.status_code, "cannot be believed" in answer.text) == (400, True), how
    assert await house.fetch("select 1 from upstream_identities") == []
    assert await reasons(house) == [
        "nonce",
        "nonce",
        "issuer",
        "audience",
        "claim azp",
        "claim azp",
        "expired",
        "expired",
        "claim iat",
        "claim sub",
        "algorithm",
        "algorithm",
        "signature",
        "header",
        "type",
        "type",
    ]


async def test_an_answer_that_does_not_fit_its_question_is_refused(
    house: House, elsewhere: Elsewhere
) -> None:
    browser = house.browser()
    elsewhere.says = PERSON
    unfit: tuple[dict[str, str | None], ...] = (
        {"state": "forged"},
        {"state": None},
        {"iss": "https://elsewhere.example"},
        {"iss": None},
        {"code": "forged"},
        {"code": None},
        {"error": "server_error"},
        {"error": "access_denied", "error_description": "<script>alert"},
    )
    for changes in unfit:
        answer = await browser.get(elsewhere.answer(await asked(browser), **changes))
        assert answer.status_code == 400, changes
        assert "<script>alert" not in answer.text
    assert await house.fetch("select 1 from upstream_identities") == []


async def test_an_answer_counts_once_and_in_the_browser_that_asked(
    house: House, elsewhere: Elsewhere
) -> None:
    browser, other = house.browser(), house.browser()
    elsewhere.says = PERSON
    back = elsewhere.answer(await asked(browser))
    assert (await other.get(back)).status_code == 400
    await asked(other)
    assert (await other.get(back)).status_code == 400
    assert signed_in(await browser.get(back))
    assert (await browser.get(back)).status_code == 400
    late = elsewhere.answer(await asked(browser))
    house.clock.advance(timedelta(minutes=15))
    assert (await browser.get(late)).status_code == 400


async def test_two_questions_may_be_under_way_in_one_browser(house: House, elsewhere: Elsewhere) -> None:
    browser = house.browser()
    elsewhere.says = PERSON
    first, second = await asked(browser), await asked(browser)
    assert signed_in(await browser.get(elsewhere.answer(first)))
    assert signed_in(await browser.get(elsewhere.answer(second)))


async def test_of_two_equal_answers_at_once_one_counts(house: House, elsewhere: Elsewhere) -> None:
    browser = house.browser()
    elsewhere.says = PERSON
    back = elsewhere.answer(await asked(browser))
    answers = await asyncio.gather(*(browser.get(back) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [303, 400, 400, 400]


async def test_a_person_who_comes_twice_at_once_gets_one_account(house: House, elsewhere: Elsewhere) -> None:
    browsers = [house.browser() for _ in range(4)]
    elsewhere.says = PERSON
    ways = [elsewhere.answer(await asked(browser)) for browser in browsers]
    answers = await asyncio.gather(*(browser.get(way) for browser, way in zip(browsers, ways, strict=True)))
    assert all(map(signed_in, answers))
    assert await house.fetch("select count(*) from accounts where email_key = $1", NEW) == [{"count": 1}]


async def test_one_provider_does_not_answer_for_another(house: House, elsewhere: Elsewhere) -> None:
    """A mix-up (RFC 9700 section 4.4): the code for one goes to the address of the other."""
    await connect(house, "south", elsewhere, title="South")
    browser = house.browser()
    elsewhere.says = PERSON
    there = await asked(browser)
    assert parse_qs(urlsplit(there).query)["redirect_uri"][0].endswith("/sign-in/upstream/north/callback")
    back = elsewhere.answer(there)
    assert (await browser.get(back.replace("/north/", "/south/"))).status_code == 400
    assert (await browser.get(back)).status_code == 400, "and the question is over"
    assert await reasons(house) == ["another provider", "no question"]


async def test_equal_subjects_of_two_providers_are_two_people(house: House, elsewhere: Elsewhere) -> None:
    await connect(house, "south", elsewhere, title="South")
    await arrived(house.browser(), elsewhere)
    browser = house.browser()
    answer = await browser.get(elsewhere.answer(await asked(browser, "south")))
    assert answer.headers["location"] == "/sign-in/upstream-offer"


async def test_a_silent_provider_gets_a_page_that_says_so(house: House, elsewhere: Elsewhere) -> None:
    await connect(house, "south", Elsewhere(1), title="South")
    await reach(house, f"localhost:{elsewhere.port}", "localhost:1")
    browser = house.browser()
    answer = await browser.get("/sign-in/upstream/south")
    assert (answer.status_code, "South does not answer" in answer.text) == (503, True)
    there = await asked(browser)
    await reach(house)
    late = await browser.get(elsewhere.answer(there))
    assert late.status_code == 503


async def test_35_a_provider_inside_is_called_only_when_a_setting_names_it(
    house: House, elsewhere: Elsewhere
) -> None:
    await reach(house)
    assert (await house.browser().get("/sign-in/upstream/north")).status_code == 503


async def test_a_discovery_document_that_does_not_fit_is_not_believed(
    house: House, elsewhere: Elsewhere
) -> None:
    unfit: tuple[dict[str, Any], ...] = (
        {"issuer": "https://elsewhere.example"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"token_endpoint": None},
    )
    for document in unfit:
        elsewhere.document = document
        assert (await house.browser().get("/sign-in/upstream/north")).status_code == 503


async def test_what_is_told_by_userinfo_counts_when_it_is_about_the_same_person(
    house: House, elsewhere: Elsewhere
) -> None:
    elsewhere.has_userinfo, elsewhere.told = True, PERSON | {"sub": "person-1"}
    browser = house.browser()
    assert signed_in(await browser.get(elsewhere.answer(await asked(browser))))
    elsewhere.told = PERSON | {"sub": "person-2"}
    assert (await browser.get(elsewhere.answer(await asked(browser)))).status_code == 400


async def test_32_a_second_factor_is_asked_for_unless_the_provider_is_trusted_with_it(
    house: House, elsewhere: Elsewhere
) -> None:
    async with Caller(services=house.services, now=house.clock.now(), address="console").begin() as visit:
        await policies.change(visit, "staff", Policy(requires_mfa=True))
    answer = await arrived(house.browser(), elsewhere, amr=["pwd", "mfa"])
    assert answer.headers["location"] == "/sign-in/second?realm=staff"
    await connect(house, "north", elsewhere, trusts_mfa=True)
    assert signed_in(await arrived(house.browser(), elsewhere, amr=["pwd", "mfa"]))
    answer = await arrived(house.browser(), elsewhere, amr=["pwd"])
    assert answer.headers["location"] == "/sign-in/second?realm=staff"


async def test_24_an_old_sign_in_elsewhere_is_no_fresh_proof_here(house: House, elsewhere: Elsewhere) -> None:
    browser = house.browser()
    for auth_time in (int(house.now()) - 3600, None):
        await arrived(browser, elsewhere, auth_time=auth_time)
        assert "prove=again" in (await browser.get("/account/password")).headers["location"]
    elsewhere.says = PERSON
    there = await asked(browser, query="?next=/account/password&prove=again")
    assert "prompt=login" in there
    answer = await browser.get(elsewhere.answer(there))
    assert answer.headers["location"] == "/account/password"
    assert (await browser.get("/account/password")).status_code == 200
    elsewhere.says = PERSON | {"auth_time": int(house.now()) - 3600}
    refused = await browser.get(elsewhere.answer(await asked(browser, query="?prove=again")))
    assert refused.status_code == 400


async def test_a_provider_leads_to_no_foreign_page(house: House, elsewhere: Elsewhere) -> None:
    browser = house.browser()
    elsewhere.says = PERSON
    there = await asked(browser, query="?next=https://evil.example/")
    assert signed_in(await browser.get(elsewhere.answer(there)))


async def test_what_ended_is_deleted_and_no_secret_is_kept_in_clear(
    house: House, elsewhere: Elsewhere
) -> None:
    browser = house.browser()
    there = await asked(browser)
    query = {name: values[0] for name, values in parse_qs(urlsplit(there).query).items()}
    kept = str(await house.fetch("select * from upstream_attempts, upstreams"))
    assert query["state"] not in kept
    assert query["nonce"] not in kept
    assert elsewhere.secret not in kept
