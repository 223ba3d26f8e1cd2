"""The way of a browser to the provider and back."""

from typing import Any

import httpx

from identity_service.upstreams import service
from identity_service.upstreams.schemas import SamlSettings
from identity_service.visit import Caller
from tests.identity.driver import Browser, House
from tests.identity.saml.portal import GROUPS, MAIL, NAME, Change, Portal, encoded, unchanged

NEW, MAJA = "noor@inside.example", "maja@inside.example"
PERSON: dict[str, Any] = {MAIL: NEW, NAME: "Noor", GROUPS: ["helpers"]}
PATH = "/sign-in/upstream/north"
CROSS_SITE = {"Sec-Fetch-Site": "cross-site", "Origin": "https://portal.example"}


async def connect(house: House, portal: Portal, upstream_id: str = "north", **changes: Any) -> None:
    values: dict[str, Any] = {
        "kind": "saml",
        "title": f"{upstream_id.title()}wind ADFS",
        "issuer": portal.entity_id,
        "metadata": None,
        "email_domains": ["inside.example"],
        "provisions": True,
        "proves_email": True,
        "role_rules": [
            {"claim": GROUPS, "value": "helpers", "role": "customer_facing"},
            {"claim": GROUPS, "value": "root", "role": "admin", "makes_admin": True},
        ],
    }
    values |= changes
    if "metadata_url" not in values:
        values["metadata"] = values["metadata"] or portal.metadata()
    async with Caller(services=house.services, now=house.clock.now(), address="console").begin() as visit:
        await service.keep(visit, upstream_id, SamlSettings(**values))


async def asked(browser: Browser, portal: Portal, query: str = "", path: str = PATH) -> Any:
    """The request with which the browser comes to the provider."""
    consumer = (await browser.get(f"{path}/metadata")).text
    answer = await browser.get(f"{path}{query}")
    assert answer.status_code == 303, answer.text
    return portal.heard(answer.headers["location"], consumer)


async def posted(browser: Browser, text: str, path: str = PATH) -> httpx.Response:
    """The provider's form: it comes from another site, so it brings no cookie of ours."""
    return await browser.bare.post(f"{path}/acs", {"SAMLResponse": encoded(text)}, headers=CROSS_SITE)


async def followed(browser: Browser, answer: httpx.Response) -> httpx.Response:
    """The browser goes on by GET, now with its cookies."""
    assert answer.status_code == 303, answer.text
    return await browser.get(answer.headers["location"])


async def arrived(
    browser: Browser, portal: Portal, change: Change = unchanged, *, says: dict[str, Any] | None = None
) -> httpx.Response:
    """The whole way to the provider and back."""
    portal.says = PERSON | (says or {})
    request = await asked(browser, portal)
    return await followed(browser, await posted(browser, portal.response(request, change)))


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
