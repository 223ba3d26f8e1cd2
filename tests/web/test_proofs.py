"""A DPoP proof is good once for all processes of a community, and its API says what it wants (RFC 9449)."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from joserfc.jwk import ECKey

from employee_service.app import create_app
from employee_service.settings import Settings
from shared.db.engine import Database
from shared.kernel.clock import SystemClock
from shared.oidc.dpop import Proof
from shared.web import proofs
from shared.web.proofs import StoredProofs
from tests.fixtures.databases import World
from tests.fixtures.dpop import KeyHolder
from tests.oidc.conftest import INTERNAL, ISSUER, PretendedIdentity

OWN = "http://localhost:8001"
URL = f"{OWN}/api/v1/spaces"


async def test_a_proof_is_taken_once_by_all_processes_together(world: World) -> None:
    urls = await world.database("employee")
    processes = [Database(urls.app) for _ in range(2)]
    proof = Proof("a key", "its id", int(time.time()) + 60)
    answers = await asyncio.gather(*(StoredProofs(each).first(proof) for each in processes * 3))
    assert sorted(answers) == [False] * 5 + [True]
    async with processes[0].transaction() as session:
        await proofs.forget_old(session, SystemClock().now())
    assert not await StoredProofs(processes[1]).first(proof), "it could still be believed"
    for each in processes:
        await each.close()


@pytest.fixture
async def community(world: World) -> AsyncIterator[tuple[httpx.AsyncClient, PretendedIdentity]]:
    identity, urls = PretendedIdentity(), await world.database("employee")
    values: dict[str, Any] = {
        "EMPLOYEE_PUBLIC_URL": OWN,
        "EMPLOYEE_DATABASE_URL": urls.app,
        "EMPLOYEE_SECRET_KEY": "s" * 43,
        "EMPLOYEE_CLIENT_SECRET": "c" * 43,
        "EMPLOYEE_SIGNING_KEY": json.dumps(ECKey.generate_key("P-256").as_dict(private=True)),
        "identity_public_url": ISSUER,
        "identity_internal_url": INTERNAL,
    }
    settings = Settings(**values)
    app = create_app(settings, http=httpx.AsyncClient(transport=httpx.MockTransport(identity.handle)))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=OWN) as http,
    ):
        yield http, identity


async def test_a_communitys_api_takes_a_bound_token_with_its_proof_and_never_as_bearer(
    community: tuple[httpx.AsyncClient, PretendedIdentity],
) -> None:
    http, identity = community
    holder = KeyHolder()
    token = identity.sign(cnf={"jkt": holder.jkt})

    refused = await http.get(URL, headers={"Authorization": f"Bearer {token}"})
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"].startswith('DPoP error="invalid_token"')

    shown = {"Authorization": f"DPoP {token}", "DPoP": holder.proof("GET", URL, token=token)}
    assert (await http.get(URL, headers=shown)).status_code == 200
    replayed = await http.get(URL, headers=shown)
    assert replayed.status_code == 401
    assert replayed.headers["www-authenticate"].startswith('DPoP error="invalid_dpop_proof"')
    assert (await http.get(URL, headers={"Authorization": f"DPoP {token}"})).status_code == 401

    bearer = identity.sign()
    plain = await http.get(URL, headers={"Authorization": f"Bearer {bearer}"})
    assert plain.status_code == 200
