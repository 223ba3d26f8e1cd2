"""Connecting a provider: its metadata, its certificates while they change, and what has to be installed."""

import asyncio
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
import uvicorn
import yaml
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from identity_service.app import prepare
from identity_service.configuration import service as configuration
from identity_service.configuration.errors import BadFile
from identity_service.outgoing import Outgoing
from identity_service.upstreams.errors import BadUpstream
from identity_service.upstreams.saml import equipment
from identity_service.upstreams.saml.described import BadMetadata
from identity_service.upstreams.saml.metadata import read
from identity_service.visit import Caller
from shared.kernel.errors import Problem
from tests.identity.driver import House
from tests.identity.saml.portal import Portal, pem
from tests.identity.saml.visits import PATH, arrived, asked, connect, posted, reasons, signed_in


def settings(portal: Portal, **changes: Any) -> dict[str, Any]:
    values = {
        "id": "north",
        "kind": "saml",
        "title": "Northwind ADFS",
        "issuer": portal.entity_id,
        "metadata": portal.metadata(),
    }
    return {name: value for name, value in (values | changes).items() if value is not None}


async def applied(house: House, document: dict[str, Any]) -> list[str]:
    """What applying a file would change; then it is applied."""
    file = configuration.read(yaml.safe_dump(document))
    async with Caller(services=house.services, now=house.clock.now(), address="console").begin() as visit:
        changes = await configuration.plan(visit, file)
        await configuration.apply(visit, changes)
    return [line for change in changes for line in change.lines()]


async def test_a_file_connects_a_provider_and_describes_it_again(house: House, portal: Portal) -> None:
    await applied(house, {"upstreams": [{"id": "north", "state": "absent"} | settings(portal)]})
    lines = await applied(house, {"upstreams": [settings(portal, proves_email=True)]})
    assert (lines[0], "    proves_email: false → true" in lines) == ("+ upstream north", True)
    async with Caller(services=house.services, now=house.clock.now(), address="console").begin() as visit:
        text = await configuration.export(visit)
    assert "kind: saml" in text
    assert "PRIVATE KEY" not in text
    assert await applied(house, yaml.safe_load(text)) == []
    assert await applied(house, {"upstreams": [settings(portal, title="South")]}) == [
        "~ upstream north",
        "    proves_email: true → false",
        "    title: Northwind ADFS → South",
    ]


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"metadata": None}, "one of metadata and metadata_url is needed"),
        ({"metadata_url": "https://x.example/m"}, "one of metadata and metadata_url is needed"),
        ({"metadata": None, "metadata_url": "javascript:alert(1)"}, "upstreams.0.metadata_url"),
        ({"provisions": True, "email_domains": ["inside.example"]}, "provisions needs proves_email"),
        ({"client_id": "x"}, "upstreams.0.client_id"),
        ({"secret": "x" * 20}, "upstreams.0.secret"),
    ],
)
def test_what_does_not_fit_is_named(changes: dict[str, Any], named: str) -> None:
    values = {"id": "n", "kind": "saml", "title": "N", "issuer": "urn:n", "metadata": "<x/>"} | changes
    document = {"upstreams": [{name: value for name, value in values.items() if value is not None}]}
    with pytest.raises(BadFile, match=named):
        configuration.read(yaml.safe_dump(document))


async def test_metadata_that_cannot_work_are_refused_when_they_are_applied(
    house: House, portal: Portal
) -> None:
    good = portal.metadata()
    for text, named in (
        ("hello", "are no XML"),
        ('<!DOCTYPE x [<!ENTITY e "x">]><x/>', "are no XML"),
        (good.replace("urn:example:portal", "urn:example:other"), "do not describe urn:example:portal"),
        (good.replace("HTTP-Redirect", "HTTP-POST"), "name no address for HTTP-Redirect"),
        (good.replace("https://portal.example/sso", "javascript:alert(1)"), "name no address"),
        (good.replace('use="signing"', 'use="encryption"'), "name no certificate"),
        (good.replace("MII", "AAA"), "weak or no certificate"),
        (good.replace("IDPSSODescriptor", "SPSSODescriptor"), "describe no identity provider"),
    ):
        with pytest.raises(Problem, match=named):
            await applied(house, {"upstreams": [settings(portal, title="Other", metadata=text)]})


def test_metadata_with_a_time_that_is_none_are_refused(portal: Portal) -> None:
    text = portal.metadata().replace("entityID=", 'validUntil="soon" entityID=')
    with pytest.raises(BadMetadata, match="a time that is none"):
        read(text, portal.entity_id)


async def test_metadata_that_ended_are_not_believed(house: House, portal: Portal) -> None:
    end = (house.clock.now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    await connect(
        house, portal, metadata=portal.metadata().replace("entityID=", f'validUntil="{end}" entityID=')
    )
    assert (await house.browser().get(PATH)).status_code == 303
    house.clock.advance(timedelta(days=2))
    answer = await house.browser().get(PATH)
    assert (answer.status_code, "does not answer" in answer.text) == (503, True)


async def test_two_certificates_count_while_one_follows_the_other(house: House, portal: Portal) -> None:
    old = portal.metadata()
    body = "".join(pem(1).split("-----")[2].split())
    descriptor = old[old.index("<ns0:KeyDescriptor") : old.index("</ns0:KeyDescriptor>")]
    start, _, rest = descriptor.partition("X509Certificate>")
    second = f"{start}X509Certificate>{body}<{rest.partition('<')[2]}</ns0:KeyDescriptor>"
    at = old.index("<ns0:KeyDescriptor")
    await connect(house, portal, metadata=old[:at] + second + old[at:])
    for key in (0, 1):
        portal.key = key
        assert signed_in(await arrived(house.browser(), portal)), key
    portal.key = 1
    await connect(house, portal)
    portal.key = 0
    browser = house.browser()
    assert (await posted(browser, portal.response(await asked(browser, portal)))).status_code == 400
    assert await reasons(house) == ["signature"]


@asynccontextmanager
async def published(house: House, text: list[str]) -> AsyncIterator[str]:
    """Metadata at an address that a setting names."""

    async def answer(request: Request) -> Response:
        return Response(text[0], 200 if text[0] else 503, media_type="application/samlmetadata+xml")

    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    app = Starlette(routes=[Route("/metadata", answer)])
    server = uvicorn.Server(
        uvicorn.Config(app, log_level="error", lifespan="off", timeout_graceful_shutdown=1)
    )
    running = asyncio.create_task(server.serve(sockets=[listening]))
    await house.services.outgoing.close()
    house.services.outgoing = Outgoing(frozenset({f"localhost:{port}"}))
    yield f"http://localhost:{port}/metadata?for=us"
    server.should_exit = server.force_exit = True
    await running


async def test_metadata_at_an_address_are_read_again_and_stay_good_while_it_is_silent(
    house: House, portal: Portal
) -> None:
    text = [portal.metadata() + " " * 100_000]
    async with published(house, text) as address:
        await connect(house, portal, metadata_url=address)
        assert signed_in(await arrived(house.browser(), portal))
        portal.key = 1
        text[0] = portal.metadata()
        house.clock.advance(timedelta(minutes=11))
        assert signed_in(await arrived(house.browser(), portal)), "the new certificate is known"
        text[0] = ""
        house.clock.advance(timedelta(minutes=11))
        assert signed_in(await arrived(house.browser(), portal))


async def test_35_an_address_inside_is_called_only_when_a_setting_names_it(
    house: House, portal: Portal
) -> None:
    await connect(house, portal, metadata_url="http://localhost:1/metadata")
    answer = await house.browser().get(PATH)
    assert (answer.status_code, "does not answer" in answer.text) == (503, True)


async def test_what_is_not_installed_is_said_and_nothing_else_changes(
    house: House, portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    metadata = portal.metadata()
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(BadUpstream, match="apt install xmlsec1"):
        await connect(house, portal, metadata=metadata)
    browser = house.browser()
    for answer in (
        await browser.get(PATH),
        await browser.get(f"{PATH}/metadata"),
        await posted(browser, "<x/>"),
    ):
        assert answer.status_code == 503
        assert "apt install xmlsec1" in answer.text
    assert (await browser.get("/sign-in?realm=staff")).status_code == 200
    monkeypatch.setattr(equipment, "find_spec", lambda name: None)
    with pytest.raises(BadUpstream, match="uv sync --group saml"):
        await connect(house, portal, metadata=metadata)


async def test_at_its_start_the_service_says_what_is_missing(
    house: House, portal: Portal, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    for is_enabled, told in ((True, 1), (False, 0)):
        await house.execute("update upstreams set is_enabled = $1", is_enabled)
        capfd.readouterr()
        await prepare(house.services)
        assert capfd.readouterr().out.count("apt install xmlsec1") == told


async def test_without_the_optional_packages_the_service_starts_as_before() -> None:
    program = """
import sys
sys.modules.update({"saml2": None, "defusedxml": None})
from identity_service.upstreams.saml import equipment
import identity_service.app
print(equipment.missing())
"""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    told, wrong = await process.communicate()
    assert (b"pysaml2, which is not installed" in told, process.returncode) == (True, 0), wrong


async def test_a_program_that_hangs_is_ended(
    house: House, portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = portal.folder / "bin"
    folder.mkdir()
    program = folder / "xmlsec1"
    program.write_text(
        "#!/bin/sh\n[ \"$1\" = --version ] && echo 'xmlsec1 1.2.37 (openssl)' || exec sleep 60\n"
    )
    program.chmod(0o755)
    browser = house.browser()
    text = portal.response(await asked(browser, portal))
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    monkeypatch.setattr("identity_service.upstreams.saml.signatures.SECONDS", 0.2)
    assert (await posted(browser, text)).status_code == 503
    assert await reasons(house) == []
