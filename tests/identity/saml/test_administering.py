"""A provider of SAML as administrators see it."""

from tests.identity.administrators import Api
from tests.identity.saml.portal import Portal


async def test_a_provider_whose_metadata_can_be_read_is_good(portal: Portal, admin: Api) -> None:
    shown = (await admin.get("/upstreams/north")).json()
    assert (shown["kind"], shown["settings"]["kind"]) == ("saml", "saml")
    tested = (await admin.post("/upstreams/north/test")).json()
    assert tested == {"is_good": True, "findings": [{"what": "What it says about itself", "wrong": None}]}
