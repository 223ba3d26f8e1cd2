"""Calls to addresses that clients name (`jwks_uri`, logout addresses): guarded, so that nobody makes this
service ask its own network (server-side request forgery)."""

import asyncio
import ipaddress
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, urlsplit

import httpx

SECONDS: Final = 3.0
"""All a call may take, from the look-up of the name to the last byte."""
LARGEST: Final = 65_536
"""Bytes of an answer, where nothing else is said."""
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")


class CannotCall(Exception):
    """The address may not be called, or did not answer as it should. The text is for logs."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What came back: the status, and at most as much as was asked for."""

    status: int
    body: bytes


class Outgoing:
    """Calls over https, without redirects, to public addresses.

    `private_hosts` are names (host, or host:port) that may be private or loopback, and plain http. The
    address that was checked is the one that is called, so a name cannot lead elsewhere a moment later.
    Certificates are believed as by all clients of ours (`SSL_CERT_FILE`); proxies of the environment are not
    used, since the check would be theirs.
    """

    def __init__(self, private_hosts: frozenset[str], *, seconds: float = SECONDS) -> None:
        self._private_hosts = private_hosts
        self._seconds = seconds
        self._http = httpx.AsyncClient(
            verify=httpx.create_ssl_context(),
            timeout=seconds,
            follow_redirects=False,
            trust_env=False,
            limits=httpx.Limits(max_connections=20),
        )

    async def close(self) -> None:
        await self._http.aclose()

    async def get(self, url: str, *, authorization: str = "", largest: int = LARGEST) -> Heard:
        """What stands there, of at most `largest` bytes. Raises CannotCall."""
        return await self._call("GET", url, None, authorization, largest)

    async def post(self, url: str, form: Mapping[str, str], *, authorization: str = "") -> Heard:
        """Send a form. Raises CannotCall."""
        return await self._call("POST", url, form, authorization, LARGEST)

    async def _call(
        self, method: str, url: str, form: Mapping[str, str] | None, authorization: str, largest: int
    ) -> Heard:
        try:
            async with asyncio.timeout(self._seconds):
                return await self._send(method, url, form, authorization, largest)
        except (TimeoutError, httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            raise CannotCall(type(error).__name__) from error

    async def _send(
        self, method: str, url: str, form: Mapping[str, str] | None, authorization: str, largest: int
    ) -> Heard:
        parts = urlsplit(url)
        address = await self._checked_address(parts)
        host = f"[{address}]" if ":" in address else address
        pinned = parts._replace(netloc=f"{host}:{_port(parts)}", fragment="").geturl()
        request = self._http.build_request(
            method,
            pinned,
            data=form,
            headers={"Host": parts.netloc, "Accept": "application/json", "Accept-Encoding": "identity"}
            | ({"Authorization": authorization} if authorization else {}),
            extensions={"sni_hostname": parts.hostname},
        )
        answer = await self._http.send(request, stream=True)
        try:
            return Heard(answer.status_code, await _bounded(answer, largest))
        finally:
            await answer.aclose()

    async def _checked_address(self, parts: SplitResult) -> str:
        """An address of the host that may be called. Raises CannotCall, ValueError, OSError."""
        if parts.username is not None or not parts.hostname:
            raise CannotCall("address")
        by_name = bool({parts.hostname, f"{parts.hostname}:{_port(parts)}"} & self._private_hosts)
        if parts.scheme != "https" and not (by_name and parts.scheme == "http"):
            raise CannotCall("scheme")
        found = await asyncio.get_running_loop().getaddrinfo(
            parts.hostname, _port(parts), type=socket.SOCK_STREAM
        )
        addresses = [str(entry[4][0]) for entry in found]
        if not by_name and not all(_is_public(address) for address in addresses):
            raise CannotCall("private address")
        return next((address for address in addresses if ":" not in address), addresses[0])


def _port(parts: SplitResult) -> int:
    return parts.port or (443 if parts.scheme == "https" else 80)


def _is_public(address: str) -> bool:
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.is_site_local:
            return False
        inner = ip.ipv4_mapped or ip.sixtofour or _translated(ip)
        if inner is not None:
            return _is_public(str(inner))
    return ip.is_global and not ip.is_multicast


def _translated(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The address of version 4 that a network may make of it (RFC 6052; RFC 4291 section 2.5.5.1)."""
    if ip in _NAT64 or int(ip) >> 32 == 0:
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return None


async def _bounded(answer: httpx.Response, largest: int) -> bytes:
    """As it came: what is packed may unfold into gigabytes, and was not asked for."""
    if answer.headers.get("content-encoding", "identity") != "identity":
        raise CannotCall("encoding")
    body = bytearray()
    async for chunk in answer.aiter_raw():
        body += chunk
        if len(body) > largest:
            raise CannotCall("too large")
    return bytes(body)
