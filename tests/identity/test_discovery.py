"""Discovery, keys, CORS, https (Config OP; docs/security.md 10, 20, 34)."""

from datetime import timedelta

import httpx
import pytest
from joserfc.jwk import KeySet
from pydantic import ValidationError

from identity_service.app import create_app, make_services, prepare
from identity_service.keys.service import WrongSecretKey
from identity_service.sealing import CannotUnseal, Sealer
from shared.kernel.clock import MemoryClock
from shared.oidc import InvalidToken, RelyingParty
from shared.oidc.keys import read_header
from tests.fixtures.databases import World
from tests.identity.conftest import settings_for
from tests.identity.driver import EMPLOYEE, ISSUER, House, signed_in

MAJA = "maja@inside.example"


async def test_discovery_is_complete_and_true(raw: httpx.AsyncClient) -> None:
    document = (await raw.get("/.well-known/openid-configuration")).json()
    assert document["issuer"] == ISSUER
    assert "RS256" in document["id_token_signing_alg_values_supported"]
    assert document["code_challenge_methods_supported"] == ["S256"]
    assert document["authorization_response_iss_parameter_supported"] is True
    for name in (
        "authorization_endpoint",
        "token_endpoint",
        "userinfo_endpoint",
        "jwks_uri",
        "revocation_endpoint",
        "end_session_endpoint",
    ):
        path = document[name].removeprefix(ISSUER)
        answer = await raw.request("POST" if name.startswith(("token", "revocation")) else "GET", path)
        assert answer.status_code != 404, name


@pytest.mark.parametrize("name", ["openid-configuration", "oauth-authorization-server", "jwks.json"])
async def test_documents_come_from_memory_with_an_etag(raw: httpx.AsyncClient, name: str) -> None:
    first, second = [await raw.get(f"/.well-known/{name}") for _ in range(2)]
    assert first.headers["etag"] == second.headers["etag"]
    assert first.headers["content-type"] == "application/json"
    for known in (first.headers["etag"], f"W/{first.headers['etag']}", f'"x", {first.headers["etag"]}', "*"):
        unchanged = await raw.get(f"/.well-known/{name}", headers={"If-None-Match": known})
        assert (unchanged.status_code, unchanged.content) == (304, b"")
        assert unchanged.headers["etag"] == first.headers["etag"]
    changed = await raw.get(f"/.well-known/{name}", headers={"If-None-Match": '"x"'})
    assert (changed.status_code, changed.content) == (200, first.content)


async def test_both_documents_of_metadata_are_the_same(raw: httpx.AsyncClient) -> None:
    """RFC 8414 section 5."""
    openid = await raw.get("/.well-known/openid-configuration")
    assert openid.content == (await raw.get("/.well-known/oauth-authorization-server")).content
    document = openid.json()
    assert document["introspection_endpoint"] == f"{ISSUER}/oauth/introspect"
    assert document["device_authorization_endpoint"] == f"{ISSUER}/oauth/device_authorization"
    assert document["claims_parameter_supported"] is True
    assert document["request_parameter_supported"] is document["request_uri_parameter_supported"] is False
    assert {"address", "phone", "offline_access"} <= set(document["scopes_supported"])


async def test_the_etag_of_the_keys_changes_when_they_rotate(house: House, raw: httpx.AsyncClient) -> None:
    before = (await raw.get("/.well-known/jwks.json")).headers["etag"]
    async with house.services.database.transaction() as session:
        await house.services.keys.rotate(session, house.clock.now())
    after = await raw.get("/.well-known/jwks.json", headers={"If-None-Match": before})
    assert after.status_code == 200
    assert after.headers["etag"] != before
    assert len(after.json()["keys"]) == 4


async def test_keys_are_public_only_and_of_both_kinds(raw: httpx.AsyncClient) -> None:
    answer = await raw.get("/.well-known/jwks.json")
    keys = answer.json()["keys"]
    assert {key["alg"] for key in keys} == {"ES256", "RS256"}
    for key in keys:
        assert key["use"] == "sig"
        assert key["kid"]
        assert not {"d", "p", "q", "dp", "dq", "qi", "k"} & set(key)
    assert len(KeySet.import_key_set({"keys": keys}).keys) == 2
    assert answer.headers["cache-control"].startswith("public")
    assert "access-control-allow-origin" not in answer.headers


async def test_rs256_id_tokens_for_a_client_that_wants_them(house: House, employee: RelyingParty) -> None:
    await house.execute("update clients set id_token_alg = 'RS256' where id = 'employee-community'")
    tokens = await signed_in(house, employee, MAJA, realm="staff", resource=EMPLOYEE)
    assert tokens.id_claims["sub"] == house.subs[MAJA]


async def test_34_keys_rotate_with_overlap(
    house: House, employee: RelyingParty, raw: httpx.AsyncClient
) -> None:
    async def published() -> set[str]:
        return {key["kid"] for key in (await raw.get("/.well-known/jwks.json")).json()["keys"]}

    tokens = await signed_in(house, employee, MAJA, realm="staff", resource=EMPLOYEE)
    services, old = house.services, await published()
    async with services.database.transaction() as session:
        await services.keys.rotate(session, house.clock.now())
    assert len(await published()) == 4
    early = await employee.refresh(str(tokens.refresh_token))
    assert kid_of(early.access_token) in old, "a new key is known to all before it signs"

    house.clock.advance(timedelta(minutes=5))
    late = await house.party("employee-community", "e" * 43, EMPLOYEE, raw).refresh(str(early.refresh_token))
    assert kid_of(late.access_token) not in old
    for token in (early.access_token, late.access_token):
        assert await house.verifier(EMPLOYEE).verify(token)

    house.clock.advance(timedelta(hours=1, seconds=1))
    async with services.database.transaction() as session:
        await services.keys.load(session, house.clock.now())
    assert len(await published()) == 2
    assert not await published() & old


async def test_34_stolen_keys_are_withdrawn_at_once(
    house: House, employee: RelyingParty, raw: httpx.AsyncClient
) -> None:
    tokens = await signed_in(house, employee, MAJA, realm="staff", resource=EMPLOYEE)
    services = house.services
    async with services.database.transaction() as session:
        await services.keys.rotate(session, house.clock.now(), at_once=True)
    assert kid_of(tokens.access_token) not in {key["kid"] for key in services.keys.public_set()["keys"]}
    with pytest.raises(InvalidToken):
        await house.verifier(EMPLOYEE).verify(tokens.access_token)
    again = house.party("employee-community", "e" * 43, EMPLOYEE, raw)
    fresh = await signed_in(house, again, MAJA, realm="staff", resource=EMPLOYEE)
    assert await house.verifier(EMPLOYEE).verify(fresh.access_token)


async def test_34_keys_rotate_by_schedule_and_old_ones_are_deleted(house: House) -> None:
    services, age = house.services, timedelta(days=90)

    async def turn() -> bool:
        async with services.database.transaction() as session:
            now = house.clock.now()
            rotated = await services.keys.rotate_when_due(session, now, every=age)
            await services.keys.prune(session, now)
            return rotated

    assert not await turn()
    house.clock.advance(age)
    assert await turn()
    assert not await turn(), "the new ones are young"
    assert len(await house.fetch("select 1 from signing_keys")) == 4
    house.clock.advance(timedelta(hours=2))
    assert not await turn()
    assert len(await house.fetch("select 1 from signing_keys")) == 2


def kid_of(token: str) -> str:
    return str(read_header(token)["kid"])


async def test_private_keys_are_sealed(house: House) -> None:
    rows = await house.fetch("select sealed_private_jwk, public_jwk from signing_keys")
    assert len(rows) == 2
    for row in rows:
        assert b'"d"' not in row["sealed_private_jwk"]
        assert '"d"' not in str(row["public_jwk"])
    services = make_services(settings_for(house.urls.app, identity_secret_key="another key" * 5))
    await services.database.open()
    with pytest.raises(WrongSecretKey):
        await prepare(services)
    services.passwords.close()
    await services.database.close()


def test_what_is_sealed_is_bound_to_key_and_purpose() -> None:
    sealer = Sealer("k" * 43)
    sealed = sealer.seal(b"text", purpose="one")
    assert sealer.unseal(sealed, purpose="one") == b"text"
    for other, purpose, data in (
        (sealer, "two", sealed),
        (Sealer("x" * 43), "one", sealed),
        (sealer, "one", sealed[:-1] + bytes([sealed[-1] ^ 1])),
    ):
        with pytest.raises(CannotUnseal):
            other.unseal(data, purpose=purpose)


async def test_several_processes_starting_at_once_make_one_set_of_keys(world: World) -> None:
    urls = await world.database("identity")
    apps = [create_app(settings_for(urls.app)) for _ in range(3)]
    kids = set()
    for app in apps:
        async with app.router.lifespan_context(app):
            kids |= {key["kid"] for key in app.state.services.keys.public_set()["keys"]}
    assert len(kids) == 2


async def test_20_with_https_cookies_are_secure_and_host_bound(world: World, clock: MemoryClock) -> None:
    urls = await world.database("identity")
    settings = settings_for(
        urls.app,
        identity_public_url="https://id.example.com",
        employee_public_url="https://in.example.com",
        customer_public_url="https://out.example.com",
        bridge_public_url="https://bridge.example.com",
        development=False,
    )
    app = create_app(settings, clock=clock)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="https://id.example.com") as http:
            answer = await http.post(
                "/sign-out", data={"realm": "staff"}, headers={"Sec-Fetch-Site": "same-origin"}
            )
            cookie = answer.headers["set-cookie"]
            assert cookie.startswith("__Host-narrowbridge-identity-staff=")
            assert "Secure" in cookie
            assert "max-age=31536000" in answer.headers["strict-transport-security"]
            document = (await http.get("/.well-known/openid-configuration")).json()
            assert document["token_endpoint"] == "https://id.example.com/oauth/token"
            assert (await http.get("/dev/mail")).status_code == 404


@pytest.mark.parametrize(
    "changes",
    [
        {"identity_public_url": "http://id.example.com"},
        {"identity_public_url": "http://127.0.0.1:8000"},
        {"identity_public_url": "https://id.example.com/path"},
        {"identity_secret_key": "short"},
        {"employee_client_secret": ""},
        {"identity_employee_jwks": "[]"},
        {"identity_employee_jwks": '{"keys": [{"kty": "EC", "d": "x"}]}'},
        {"access_token_seconds": 601},
        {"exchanged_token_seconds": 301},
    ],
)
def test_settings_that_are_wrong(changes: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        settings_for("postgresql://x:y@localhost/z", **changes)


async def test_health(raw: httpx.AsyncClient) -> None:
    assert (await raw.get("/healthz")).status_code == 200
    assert (await raw.get("/readyz")).json() == {"ready": True}


async def test_the_audit_log_takes_inserts_only(house: House) -> None:
    await house.browser().sign_in(MAJA, realm="staff")
    for statement in (
        "update audit_rows set event = 'x'",
        "delete from audit_rows",
        "truncate audit_rows",
    ):
        with pytest.raises(Exception, match=r"permission denied|inserts only"):
            await house.execute(statement)
    assert await house.fetch("select 1 from audit_rows where event = 'session.started'")
