"""Talking to identity's endpoints over the inner network."""

import asyncio
import base64
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import httpx

from shared.oidc.errors import IdentityUnavailable, InvalidToken, TokenRefused


class IdentityEndpoints:
    """Discovery and the calls to the endpoints it names.

    The document is read from `internal_url` and must name `issuer`. Addresses under the issuer are called
    under `internal_url`; an address elsewhere is refused.
    """

    def __init__(
        self,
        issuer: str,
        internal_url: str,
        http: httpx.AsyncClient,
        client_id: str,
        client_secret: str | None,
    ) -> None:
        self._issuer = issuer.rstrip("/")
        self._internal_url = internal_url.rstrip("/")
        self._http = http
        self._client_id = client_id
        self._client_secret = client_secret
        self._document: Mapping[str, Any] | None = None
        self._lock = asyncio.Lock()

    async def public(self, name: str) -> str:
        """The address of an endpoint as a browser reaches it."""
        document = self._document or await self._discover()
        address = document.get(name)
        if not isinstance(address, str) or not address.startswith(self._issuer + "/"):
            raise IdentityUnavailable(f"discovery names no {name} under the issuer")
        return address

    async def internal(self, name: str) -> str:
        """The address of an endpoint as this process reaches it."""
        return self._internal_url + (await self.public(name)).removeprefix(self._issuer)

    async def still_there(self) -> None:
        """Raises IdentityUnavailable when nobody answers now, whatever was read before."""
        await self._read_discovery()

    async def token(self, form: Mapping[str, str]) -> dict[str, Any]:
        """Call the token endpoint as this client. Raises TokenRefused."""
        return await self._post_as_client("token_endpoint", form)

    async def revoke(self, token: str) -> None:
        """Call the revocation endpoint (RFC 7009)."""
        await self._post_as_client("revocation_endpoint", {"token": token})

    async def security_events(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Call the poll endpoint as this client (RFC 8936). Any refusal is IdentityUnavailable: there is
        nothing that asking otherwise would change."""
        assert self._client_secret is not None, "only services with a secret may poll"
        answer = await self._send(
            self._http.build_request(
                "POST",
                f"{self._internal_url}/security-events/poll",
                json=body,
                headers={"Authorization": _basic(self._client_id, self._client_secret)},
            )
        )
        if answer.status_code != 200:
            raise IdentityUnavailable(f"identity answered {answer.status_code} to a poll for events")
        return _json_object(answer)

    async def userinfo(self, access_token: str) -> dict[str, Any]:
        """Call UserInfo with a bearer token. Raises InvalidToken when identity does not take it."""
        address = await self.internal("userinfo_endpoint")
        answer = await self._send(
            self._http.build_request("GET", address, headers={"Authorization": f"Bearer {access_token}"})
        )
        if answer.status_code != 200:
            raise InvalidToken("refused by UserInfo")
        return _json_object(answer)

    async def _discover(self) -> Mapping[str, Any]:
        async with self._lock:
            if self._document is None:
                self._document = await self._read_discovery()
            return self._document

    async def _read_discovery(self) -> Mapping[str, Any]:
        address = f"{self._internal_url}/.well-known/openid-configuration"
        document = _json_object(await self._send(self._http.build_request("GET", address)))
        if document.get("issuer") != self._issuer:
            raise IdentityUnavailable("discovery names another issuer")
        return document

    async def _post_as_client(self, name: str, form: Mapping[str, str]) -> dict[str, Any]:
        headers, body = {"Accept": "application/json"}, dict(form)
        if self._client_secret is None:
            body["client_id"] = self._client_id
        else:
            headers["Authorization"] = _basic(self._client_id, self._client_secret)
        request = self._http.build_request("POST", await self.internal(name), data=body, headers=headers)
        answer = await self._send(request)
        document = _json_object(answer)
        if answer.status_code != 200:
            raise TokenRefused(
                str(document.get("error", "invalid_response")), str(document.get("error_description", ""))
            )
        return document

    async def _send(self, request: httpx.Request) -> httpx.Response:
        try:
            answer = await self._http.send(request, follow_redirects=False)
        except httpx.TransportError as error:
            raise IdentityUnavailable("identity does not answer") from error
        if answer.status_code >= 500 or answer.status_code == 429:
            raise IdentityUnavailable(f"identity answered {answer.status_code}")
        return answer


def _json_object(answer: httpx.Response) -> dict[str, Any]:
    try:
        document = answer.json() if answer.content else {}
    except ValueError:
        raise IdentityUnavailable("identity answered with something else than JSON") from None
    if not isinstance(document, dict):
        raise IdentityUnavailable("identity answered with something else than an object")
    return document


def _basic(client_id: str, client_secret: str) -> str:
    """RFC 6749 section 2.3.1: both parts are form-encoded; %20 rather than + reads the same everywhere."""
    pair = f"{quote(client_id, safe='')}:{quote(client_secret, safe='')}"
    return "Basic " + base64.b64encode(pair.encode("ascii")).decode("ascii")
