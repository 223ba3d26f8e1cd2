"""An authenticator in software: makes passkeys and signs challenges, also wrongly when told to."""

import base64
import hashlib
import json
import os
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import cbor2
import httpx
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from tests.identity.driver import ISSUER, OWN_FORM, Browser

_PRESENT, _VERIFIED, _ATTESTED = 0x01, 0x04, 0x40


def text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@dataclass
class Authenticator:
    """One passkey. `verifies`: it checks its holder; `origin`: where the browser says it is."""

    verifies: bool = True
    origin: str = ISSUER
    rp_id: str = urlsplit(ISSUER).hostname or ""
    count: int = 0
    id: bytes = field(default_factory=lambda: os.urandom(16))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    async def make(self, browser: Browser, *, name: str = "Key") -> httpx.Response:
        """Register it on the account page."""
        question = await ask(browser, "/account/factors/passkey/options", {})
        form = {"name": name, "question": question["question"], "answer": self.made(question["options"])}
        return await browser.post("/account/factors/passkey", form)

    def made(self, options: dict[str, Any]) -> str:
        numbers = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        attested = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + cbor2.dumps(cose)
        data = self._data(_ATTESTED) + attested
        statement = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        client = self._client("webauthn.create", options)
        return self._answer({"clientDataJSON": text(client), "attestationObject": text(statement)})

    def used(self, options: dict[str, Any], *, user: bytes | None = None) -> str:
        self.count += 1
        data, client = self._data(0), self._client("webauthn.get", options)
        signed = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        response = {
            "clientDataJSON": text(client),
            "authenticatorData": text(data),
            "signature": text(signed),
            "userHandle": text(user) if user else None,
        }
        return self._answer(response)

    def _data(self, flags: int) -> bytes:
        flags |= _PRESENT | (_VERIFIED if self.verifies else 0)
        return hashlib.sha256(self.rp_id.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    def _client(self, kind: str, options: dict[str, Any]) -> bytes:
        said = {"type": kind, "challenge": options["challenge"], "origin": self.origin, "crossOrigin": False}
        return json.dumps(said).encode()

    def _answer(self, response: dict[str, Any]) -> str:
        return json.dumps(
            {"id": text(self.id), "rawId": text(self.id), "type": "public-key", "response": response}
        )


async def ask(browser: Browser, path: str, form: dict[str, str]) -> dict[str, Any]:
    answer = await browser.http.post(path, data=form, headers=OWN_FORM)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())
