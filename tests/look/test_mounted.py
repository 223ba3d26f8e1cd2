"""`/dev/parts` is there in development, in each service's own clothes, and nowhere else."""

from collections.abc import Callable

import httpx
import pytest
from fastapi import FastAPI

from identity_service.app import create_app as create_identity_app
from identity_service.settings import Settings as IdentitySettings
from tests.oidc.conftest import PretendedIdentity
from tests.tools.house import COMPOSITIONS

pytestmark = pytest.mark.asyncio
NOWHERE = "postgresql://nobody@localhost:1/none"


def community(name: str) -> Callable[..., FastAPI]:
    def make(**more: str) -> FastAPI:
        return COMPOSITIONS[name].app(NOWHERE, PretendedIdentity(), **more)

    return make


def identity(**more: str) -> FastAPI:
    secrets = ("identity_secret_key", "employee_client_secret", "customer_client_secret")
    given = {"identity_database_url": NOWHERE, **dict.fromkeys(secrets, "k" * 40), **more}
    return create_identity_app(IdentitySettings.model_validate(given))


SERVICES = {"identity": identity, "inside": community("employee"), "outside": community("customer")}


@pytest.mark.parametrize("theme", SERVICES)
async def test_parts_are_shown_in_development_only(theme: str) -> None:
    for development in (True, False):
        transport = httpx.ASGITransport(SERVICES[theme](development=str(development)))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8000") as client:
            answer = await client.get("/dev/parts")
        assert (answer.status_code == 200) is development
        assert ("Everything pages are made of" in answer.text) is development
        assert f'data-theme="{theme}"' in answer.text
