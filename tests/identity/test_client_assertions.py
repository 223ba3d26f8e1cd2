"""Clients that prove themselves by a signature (RFC 7523), with keys registered or at their `jwks_uri`."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey

from identity_service.clients.service import Registration, register
from identity_service.outgoing import Outgoing
from shared.oidc.names import GrantType
from tests.fixtures.dpop import signed
from tests.identity.driver import BRIDGE, ISSUER, House

ROBOT = "robot"
TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def public(*keys: Key) -> dict[str, Any]:
    return {"keys": [key.as_dict(private=False) for key in keys]}


async def robot(house: House, **changes: Any) -> None:
    values: dict[str, Any] = {
        "token_endpoint_auth_method": "private_key_jwt",
        "grant_types": [GrantType.CLIENT],
        "machine_scopes": ["bridge:read"],
        "machine_audiences": [BRIDGE],
        "serves": [BRIDGE],
        **changes,
    }
    async with house.services.database.transaction() as session:
        await register(session, Registration(id=ROBOT, name="Robot", **values), house.clock.now())


def assertion(house: House, key: Key, alg: str = "ES256", **changes: Any) -> dict[str, str]:
    now = int(house.now())
    claims = {"iss": ROBOT, "sub": ROBOT, "aud": ISSUER, "jti": secrets.token_hex(8), "exp": now + 60}
    text = signed({"alg": alg, "kid": key.kid, "typ": "JWT"}, claims | changes, key)
    return {"client_assertion_type": TYPE, "client_assertion": text}


async def ask(
    raw: httpx.AsyncClient, proof: dict[str, str], path: str = "token", **form: str
) -> httpx.Response:
    return await raw.post(f"/oauth/{path}", data={"grant_type": "client_credentials"} | form | proof)


@pytest.mark.parametrize(
    ("key", "alg"),
    [
        (ECKey.generate_key("P-256", auto_kid=True), "ES256"),
        (RSAKey.generate_key(2048, auto_kid=True), "PS256"),
        (RSAKey.generate_key(2048, auto_kid=True), "RS256"),
        (OKPKey.generate_key("Ed25519", auto_kid=True), "EdDSA"),
    ],
    ids=["ES256", "PS256", "RS256", "EdDSA"],
)
async def test_each_algorithm_that_is_offered_is_taken(
    house: House, raw: httpx.AsyncClient, key: Key, alg: str
) -> None:
    await robot(house, jwks=public(key))
    assert (await ask(raw, assertion(house, key, alg))).status_code == 200


async def test_fapi2_forbids_rs256(house: House, raw: httpx.AsyncClient) -> None:
    key = RSAKey.generate_key(2048, auto_kid=True)
    await robot(house, jwks=public(key), security_profile="fapi2")
    refused = await ask(raw, assertion(house, key, "RS256"))
    assert refused.json()["error"] == "invalid_client"
    strong = await ask(raw, assertion(house, key, "PS256"))
    assert strong.json()["error"] == "invalid_dpop_proof", "it is the client, and has to prove a key too"


async def test_a_short_rsa_key_is_refused(house: House, raw: httpx.AsyncClient) -> None:
    key = RSAKey.generate_key(1024, auto_kid=True)
    await robot(house, jwks=public(key))
    assert (await ask(raw, assertion(house, key, "PS256"))).json()["error"] == "invalid_client"


async def test_13_the_registered_method_alone_is_admitted_at_every_endpoint(
    house: House, raw: httpx.AsyncClient
) -> None:
    key = ECKey.generate_key("P-256", auto_kid=True)
    await robot(house, jwks=public(key))
    for path in ("token", "revoke", "introspect", "par", "device_authorization"):
        for auth in ({"client_id": ROBOT}, {"client_id": ROBOT, "client_secret": "x"}):
            refused = await ask(raw, auth, path, token="x")
            assert refused.json()["error"] == "invalid_client", path
    await robot(house, jwks=public(key), token_endpoint_auth_method="client_secret_basic")
    for path in ("token", "revoke", "introspect", "par", "device_authorization"):
        refused = await ask(raw, assertion(house, key), path, token="x")
        assert refused.json()["error"] == "invalid_client", path


async def test_introspection_and_revocation_take_an_assertion(house: House, raw: httpx.AsyncClient) -> None:
    key = ECKey.generate_key("P-256", auto_kid=True)
    await robot(house, jwks=public(key))
    token = (await ask(raw, assertion(house, key))).json()["access_token"]
    told = await ask(raw, assertion(house, key), "introspect", token=token)
    assert told.json()["active"] is True
    assert (await ask(raw, assertion(house, key), "revoke", token=token)).status_code == 200


async def test_14_an_assertion_is_good_once_also_at_the_same_moment(
    house: House, raw: httpx.AsyncClient
) -> None:
    key = ECKey.generate_key("P-256", auto_kid=True)
    await robot(house, jwks=public(key))
    proof = assertion(house, key)
    answers = await asyncio.gather(*(ask(raw, proof) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401]


class KeyHost:
    """Where a client keeps its keys."""

    def __init__(self) -> None:
        self.body = b"{}"
        self.asked = 0
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        self.asked += 1
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(self.body), self.body))
        writer.close()

    def publish(self, *keys: Key) -> None:
        self.body = json.dumps(public(*keys)).encode()

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}/jwks"


@pytest.fixture
async def key_host(house: House) -> AsyncIterator[KeyHost]:
    """Reached because a setting names it."""
    host = KeyHost()
    server = await asyncio.start_server(host.serve, "127.0.0.1", 0)
    host.port = server.sockets[0].getsockname()[1]
    relaxed = Outgoing(frozenset({f"localhost:{host.port}"}))
    house.services.client_keys._outgoing = relaxed
    yield host
    await relaxed.close()
    server.close()


async def test_keys_are_read_at_the_clients_address_once_for_many_requests(
    house: House, raw: httpx.AsyncClient, key_host: KeyHost
) -> None:
    key = ECKey.generate_key("P-256", auto_kid=True)
    key_host.publish(key)
    await robot(house, jwks_uri=key_host.url)
    answers = await asyncio.gather(*(ask(raw, assertion(house, key)) for _ in range(5)))
    assert [answer.status_code for answer in answers] == [200] * 5
    assert key_host.asked == 1


async def test_a_new_key_is_found_and_forged_key_ids_do_not_make_us_ask_again_and_again(
    house: House, raw: httpx.AsyncClient, key_host: KeyHost
) -> None:
    old, new = (ECKey.generate_key("P-256", auto_kid=True) for _ in range(2))
    key_host.publish(old)
    await robot(house, jwks_uri=key_host.url)
    assert (await ask(raw, assertion(house, old))).status_code == 200
    key_host.publish(new)
    for _ in range(3):
        assert (await ask(raw, assertion(house, new))).json()["error"] == "invalid_client"
    assert key_host.asked == 1
    house.clock.advance(timedelta(seconds=10))
    assert (await ask(raw, assertion(house, new))).status_code == 200
    assert key_host.asked == 2


async def test_what_was_read_stays_good_while_the_address_is_silent(
    house: House, raw: httpx.AsyncClient, key_host: KeyHost
) -> None:
    key = ECKey.generate_key("P-256", auto_kid=True)
    key_host.publish(key)
    await robot(house, jwks_uri=key_host.url)
    assert (await ask(raw, assertion(house, key))).status_code == 200
    key_host.body = b"nothing of use"
    house.clock.advance(timedelta(minutes=11))
    assert (await ask(raw, assertion(house, key))).status_code == 200


async def test_35_a_key_address_inside_is_not_asked(
    house: House, raw: httpx.AsyncClient, key_host: KeyHost
) -> None:
    key = ECKey.generate_key("P-256", auto_kid=True)
    key_host.publish(key)
    house.services.client_keys._outgoing = house.services.outgoing
    await robot(house, jwks_uri=key_host.url)
    assert (await ask(raw, assertion(house, key))).json()["error"] == "invalid_client"
    assert key_host.asked == 0
