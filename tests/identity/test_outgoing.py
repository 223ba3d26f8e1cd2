"""Addresses that clients name lead nowhere inside (docs/security.md 35)."""

import asyncio
import gzip
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from identity_service.outgoing import LARGEST, CannotCall, Outgoing
from shared.launch import certificates


class Inside:
    """A web server of the inner network."""

    def __init__(self) -> None:
        self.answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
        self.wait = 0.0
        self.heard: list[bytes] = []
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.heard.append(await reader.readuntil(b"\r\n\r\n"))
        await asyncio.sleep(self.wait)
        writer.write(self.answer)
        writer.close()

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}/keys"


@pytest.fixture
async def inside() -> AsyncIterator[Inside]:
    served = Inside()
    server = await asyncio.start_server(served.serve, "127.0.0.1", 0)
    served.port = server.sockets[0].getsockname()[1]
    yield served
    server.close()


@pytest.fixture
async def relaxed(inside: Inside) -> AsyncIterator[Outgoing]:
    """What a setting has opened for this one host and port."""
    outgoing = Outgoing(frozenset({f"localhost:{inside.port}"}), seconds=0.5)
    yield outgoing
    await outgoing.close()


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/keys",
        "https://localhost/keys",
        "https://10.0.0.1/keys",
        "https://192.168.1.1/keys",
        "https://172.16.0.1/keys",
        "https://169.254.169.254/latest/meta-data",
        "https://100.64.0.1/",
        "https://0.0.0.0/",
        "https://[::1]/keys",
        "https://[fc00::1]/",
        "https://[64:ff9b::a00:1]/",
        "https://[64:ff9b::a9fe:a9fe]/latest",
        "https://[::a00:1]/",
        "https://[fec0::1]/",
        "https://[fe80::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[2002:7f00:1::]/",
        "https://2130706433/",
        "https://127.1/",
        "https://224.0.0.1/",
        "http://203.0.113.1/keys",
        "http://8.8.8.8/keys",
        "ftp://8.8.8.8/keys",
        "file:///etc/passwd",
        "https://user:secret@8.8.8.8/",
        "https:///keys",
        "https://[::1",
        "https://8.8.8.8:99999/",
        "",
    ],
)
async def test_35_private_and_odd_addresses_are_not_called(url: str) -> None:
    outgoing = Outgoing(frozenset(), seconds=0.5)
    with pytest.raises(CannotCall):
        await outgoing.get(url)
    await outgoing.close()


async def test_35_nothing_arrives_inside_unless_a_setting_names_the_host(inside: Inside) -> None:
    outgoing = Outgoing(frozenset({"localhost:1", "elsewhere.example"}), seconds=0.5)
    for url in (
        inside.url,
        inside.url.replace("http:", "https:"),
        inside.url.replace("localhost", "127.0.0.1"),
    ):
        with pytest.raises(CannotCall):
            await outgoing.get(url)
    assert inside.heard == []
    await outgoing.close()


async def test_35_a_host_named_by_a_setting_is_called_under_its_own_name(
    inside: Inside, relaxed: Outgoing
) -> None:
    heard = await relaxed.get(inside.url)
    assert (heard.status, heard.body) == (200, b"{}")
    assert f"Host: localhost:{inside.port}".encode() in inside.heard[0]
    with pytest.raises(CannotCall):
        await relaxed.get(inside.url.replace("localhost", "127.0.0.1"))


async def test_35_redirects_are_not_followed(inside: Inside, relaxed: Outgoing) -> None:
    inside.answer = f"HTTP/1.1 302 Found\r\nLocation: {inside.url}\r\nContent-Length: 0\r\n\r\n".encode()
    assert (await relaxed.get(inside.url)).status == 302
    assert len(inside.heard) == 1


async def test_35_too_much_and_too_slow_is_given_up(inside: Inside, relaxed: Outgoing) -> None:
    body = b"x" * (LARGEST + 1)
    inside.answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
    with pytest.raises(CannotCall, match="too large"):
        await relaxed.get(inside.url)
    inside.wait = 5
    with pytest.raises(CannotCall, match="Timeout"):
        await relaxed.get(inside.url)


async def test_a_form_is_sent(inside: Inside, relaxed: Outgoing) -> None:
    assert (await relaxed.post(inside.url, {"logout_token": "x"})).status == 200
    assert inside.heard[0].startswith(b"POST /keys")


async def test_35_what_comes_packed_is_not_unfolded(inside: Inside, relaxed: Outgoing) -> None:
    bomb = gzip.compress(b"\0" * 10_000_000)
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(bomb)}\r\n\r\n"
    inside.answer = head.encode() + bomb
    with pytest.raises(CannotCall):
        await relaxed.get(inside.url)
    assert b"accept-encoding: identity" in inside.heard[0].lower()


async def test_an_authority_of_ones_own_is_believed_where_the_environment_names_it(
    inside: Inside, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = certificates.ensure(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(made.certificate, made.key)
    server = await asyncio.start_server(inside.serve, "127.0.0.1", 0, ssl=context)
    host = f"localhost:{server.sockets[0].getsockname()[1]}"
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    stranger = Outgoing(frozenset({host}))
    with pytest.raises(CannotCall):
        await stranger.get(f"https://{host}/keys")
    monkeypatch.setenv("SSL_CERT_FILE", str(made.bundle))
    colleague = Outgoing(frozenset({host}))
    assert (await colleague.get(f"https://{host}/keys")).body == b"{}"
    await stranger.close()
    await colleague.close()
    server.close()
