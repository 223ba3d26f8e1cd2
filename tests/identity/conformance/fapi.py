"""A client of the FAPI 2.0 Security Profile: private_key_jwt, pushed requests, DPoP, S256."""

import secrets
from dataclasses import dataclass, field
from typing import Any

import httpx
from joserfc.jwk import ECKey, Key

from identity_service.clients.service import Registration
from shared.oidc.names import GrantType
from tests.fixtures.dpop import KeyHolder, signed
from tests.identity.conformance.op import CALLBACK, Agent, Provider, RegisteredClient
from tests.identity.driver import verifier_and_challenge

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@dataclass(frozen=True)
class FapiClient:
    id: str
    key: Key = field(default_factory=lambda: ECKey.generate_key("P-256", auto_kid=True))

    def registration(self) -> Registration:
        return Registration(
            id=self.id,
            name=self.id,
            source="applied",
            is_first_party=False,
            token_endpoint_auth_method="private_key_jwt",  # the name of a method
            jwks={"keys": [self.key.as_dict(private=False)]},
            security_profile="fapi2",
            require_pushed_authorization_requests=True,
            dpop_bound_access_tokens=True,
            rotates_refresh_tokens=False,
            grant_types=[GrantType.CODE, GrantType.REFRESH],
            scopes=["openid", "profile", "email"],
            realms=["customer"],
            redirect_uris=[CALLBACK],
        )


ONE, TWO = FapiClient("fapi-1"), FapiClient("fapi-2")
CLIENTS = (ONE, TWO)


class FapiAgent(Agent):
    """Says what a well-behaved client says; each test changes one thing."""

    def __init__(self, op: Provider, client: FapiClient) -> None:
        super().__init__(op, client=RegisteredClient(client.id, "", "ES256"))
        self.fapi = client
        self.holder = KeyHolder()
        self.verifier, self.challenge = verifier_and_challenge()

    def assertion(
        self, *, key: Key | None = None, header: dict[str, Any] | None = None, **changes: Any
    ) -> dict[str, str]:
        """The proof of who the client is; a claim of None is left out."""
        now, issuer = self.op.now(), self.op.metadata["issuer"]
        claims = {
            "iss": self.client.id,
            "sub": self.client.id,
            "aud": issuer,
            "jti": secrets.token_urlsafe(16),
            "iat": now,
            "exp": now + 60,
        }
        head = {"alg": "ES256", "kid": self.fapi.key.kid, **(header or {})}
        text = signed(head, claims | changes, key or self.fapi.key)
        return {"client_assertion_type": ASSERTION_TYPE, "client_assertion": text}

    def proof(self, method: str, address: str, **changes: Any) -> str:
        return self.holder.proof(method, address, at=self.op.now(), **changes)

    # --- pushing and authorizing ----------------------------------------------------------------------------

    def request(self, **changes: Any) -> dict[str, str]:
        given = {"code_challenge": self.challenge, "code_challenge_method": "S256"}
        return super().request(**(given | changes))

    def push(
        self,
        *,
        assertion: dict[str, str] | None = None,
        proof: str | None = None,
        request: dict[str, str] | None = None,
        **changes: Any,
    ) -> httpx.Response:
        form = (request or self.request(**changes)) | (self.assertion() if assertion is None else assertion)
        headers = {"DPoP": proof} if proof else {}
        address = self.op.metadata["pushed_authorization_request_endpoint"]
        return self.http.post(address, data=form, headers=headers)

    def reference(self, **changes: Any) -> dict[str, str]:
        """A pushed request, as the browser brings it."""
        answer = self.push(**changes)
        assert answer.status_code == 201, answer.text
        return {"client_id": self.client.id, "request_uri": answer.json()["request_uri"]}

    def walk(self, reference: dict[str, str]) -> dict[str, str]:
        """With a browser to the answer at the client, through sign-in and consent."""
        answer = self.open(reference)
        if answer.headers.get("location", "").startswith("/sign-in"):
            answer = self.sign_in(answer)
        landing = self.landed(self.agree(answer))
        assert landing["iss"] == self.op.metadata["issuer"]
        return landing

    def code(self, **changes: Any) -> str:
        return self.walk(self.reference(**changes))["code"]

    # --- tokens -------------------------------------------------------------------------------------------

    def redeem_code(
        self,
        code: str,
        *,
        assertion: dict[str, str] | None = None,
        proof: str | None = "",
        **changes: Any,
    ) -> httpx.Response:
        """`proof` of None sends none."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": CALLBACK,
            "code_verifier": self.verifier,
            **changes,
        }
        return self.ask_token(form, assertion=assertion, proof=proof)

    def refresh(self, token: str, **changes: Any) -> httpx.Response:
        return self.ask_token({"grant_type": "refresh_token", "refresh_token": token}, **changes)

    def ask_token(
        self, form: dict[str, Any], *, assertion: dict[str, str] | None = None, proof: str | None = ""
    ) -> httpx.Response:
        address = self.op.metadata["token_endpoint"]
        form = form | (self.assertion() if assertion is None else assertion)
        proof = self.proof("POST", address) if proof == "" else proof
        headers = {"DPoP": proof} if proof else {}
        data = {name: value for name, value in form.items() if value is not None}
        return self.http.post(address, data=data, headers=headers)

    def bound_tokens(self, **changes: Any) -> dict[str, Any]:
        """The whole flow: tokens with a checked id_token."""
        pushed = self.request(**changes)
        landing = self.walk(self.reference(request=pushed))
        assert landing.get("state") == pushed.get("state")
        return self.checked(self.redeem_code(landing["code"]), pushed.get("nonce"))

    def checked(self, answer: httpx.Response, nonce: str | None) -> dict[str, Any]:
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        assert body["token_type"] == "DPoP"
        body["claims"] = self.id_claims(body, nonce)
        return body

    def resource(
        self, token: str, *, proof: str | None = "", scheme: str = "DPoP", method: str = "GET"
    ) -> httpx.Response:
        """Call a protected resource: UserInfo."""
        address = self.op.metadata["userinfo_endpoint"]
        proof = self.proof(method, address, token=token) if proof == "" else proof
        headers = {"Authorization": f"{scheme} {token}"} | ({"DPoP": proof} if proof else {})
        return self.http.request(method, address, headers=headers)


def error_of(answer: httpx.Response) -> str:
    """The code of a refusal by an endpoint for clients."""
    assert answer.status_code in (400, 401), answer.text
    assert answer.headers["content-type"].startswith("application/json")
    body = answer.json()
    assert "access_token" not in body
    assert "request_uri" not in body
    return str(body["error"])


def is_error_page(answer: httpx.Response) -> bool:
    """Shown to the person, and nothing sent anywhere."""
    return answer.status_code == 400 and "location" not in answer.headers and "<html" in answer.text
