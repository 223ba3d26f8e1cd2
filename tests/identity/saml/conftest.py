"""A provider of SAML that is connected under the id `north`."""

from pathlib import Path

import pytest

from identity_service.upstreams.saml.equipment import missing
from tests.identity.driver import House
from tests.identity.saml.portal import Portal
from tests.identity.saml.visits import connect


@pytest.fixture
async def portal(house: House, tmp_path: Path) -> Portal:
    lack = missing()
    if lack:
        pytest.skip(lack)
    portal = Portal(tmp_path, house.clock.now)
    await connect(house, portal)
    return portal
