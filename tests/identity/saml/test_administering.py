"""A provider of SAML as administrators see it."""

import pytest

from identity_service.upstreams.saml import equipment
from tests.identity.administrators import ADMIN, Api
from tests.identity.driver import House
from tests.identity.saml.portal import Portal
from tests.identity.saml.visits import PATH


async def test_a_provider_whose_metadata_can_be_read_is_good(portal: Portal, admin: Api) -> None:
    shown = (await admin.get("/upstreams/north")).json()
    assert (shown["kind"], shown["settings"]["kind"]) == ("saml", "saml")
    tested = (await admin.post("/upstreams/north/test")).json()
    assert tested == {"is_good": True, "findings": [{"what": "What it says about itself", "wrong": None}]}


@pytest.mark.parametrize("lacks", ["pysaml2", "xmlsec1"])
@pytest.mark.parametrize("metadata", ["here", "at an address"])
async def test_what_is_not_installed_is_named_to_whoever_tries(
    house: House, portal: Portal, admin: Api, monkeypatch: pytest.MonkeyPatch, lacks: str, metadata: str
) -> None:
    if metadata == "at an address":
        elsewhere = """{"metadata": null, "metadata_url": "https://portal.example/"}"""
        await house.execute(f"update upstreams set saml = saml || '{elsewhere}'")
    if lacks == "pysaml2":
        monkeypatch.setattr(equipment, "find_spec", lambda name: None)
    monkeypatch.setenv("PATH", "/nowhere")
    tested = await admin.post("/upstreams/north/test")
    assert (tested.status_code, tested.json()["code"]) == (503, "upstreams.not_equipped")
    assert lacks in tested.json()["detail"]
    browser = house.browser()
    entered = await browser.get(PATH)
    await browser.sign_in(ADMIN, realm="staff")
    for page in (entered, await browser.post("/admin/upstreams/north/test", {})):
        assert page.status_code == 503
        assert lacks in page.text
        assert "<h1" in page.text
