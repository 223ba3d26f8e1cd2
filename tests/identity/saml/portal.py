"""A provider of SAML, made with pysaml2's own side for providers: it answers what a test tells it to."""

import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from saml2 import BINDING_HTTP_REDIRECT, saml, samlp
from saml2.config import IdPConfig
from saml2.metadata import create_metadata_string
from saml2.saml import NAMEID_FORMAT_PERSISTENT, NameID
from saml2.server import Server
from saml2.sigver import pre_signature_part
from saml2.xmldsig import DIGEST_SHA256, SIG_RSA_SHA256

from identity_service.upstreams.saml import keys

MAIL, NAME, GROUPS = (
    "urn:oid:0.9.2342.19200300.100.1.3",
    "urn:oid:2.16.840.1.113730.3.1.241",
    "urn:x-groups",
)
PASSWORD_CLASS = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"
Change = Callable[[samlp.Response, saml.Assertion], object]


@cache
def pair(number: int = 0) -> str:
    """A key with its certificate; making one takes long."""
    return keys.made(f"portal {number}", datetime.now(UTC))


def stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def unchanged(response: samlp.Response, assertion: saml.Assertion) -> None:
    """The answer as it is."""


@dataclass
class Portal:
    """`says` are attributes by name; `signs` is what is signed, and `key` by whom."""

    folder: Path
    now: Callable[[], datetime]
    entity_id: str = "urn:example:portal"
    sign_in_url: str = "https://portal.example/sso"
    key: int = 0
    subject: str = "person-1"
    says: dict[str, Any] = field(default_factory=dict)
    context: str = PASSWORD_CLASS
    signs: tuple[str, ...] = ("assertion",)
    sign_algorithm: str = SIG_RSA_SHA256
    digest_algorithm: str = DIGEST_SHA256
    wants_signed: bool = False
    consumer: str = ""

    def server(self) -> Server:
        """pysaml2's provider, which knows `consumer` by the metadata."""
        for name, text in (("key.pem", keys.private(pair(self.key))), ("cert.pem", pem(self.key))):
            (self.folder / name).write_text(text)
        config = {
            "entityid": self.entity_id,
            "key_file": str(self.folder / "key.pem"),
            "cert_file": str(self.folder / "cert.pem"),
            "metadata": {"inline": [self.consumer]} if self.consumer else {},
            "service": {
                "idp": {
                    "endpoints": {"single_sign_on_service": [(self.sign_in_url, BINDING_HTTP_REDIRECT)]},
                    "want_authn_requests_signed": self.wants_signed,
                }
            },
        }
        return Server(config=IdPConfig().load(config))

    def metadata(self) -> str:
        return str(create_metadata_string(None, config=self.server().config).decode())

    def heard(self, location: str, consumer: str) -> Any:
        """The request with which a browser comes, checked as a provider does."""
        assert location.startswith(self.sign_in_url + "?")
        self.consumer = consumer
        query = {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
        request = self.server().parse_authn_request(
            query["SAMLRequest"],
            BINDING_HTTP_REDIRECT,
            sigalg=query.get("SigAlg"),
            signature=query.get("Signature"),
        )
        assert "RelayState" not in query
        return request.message

    def response(self, request: Any, change: Change = unchanged) -> str:
        """The answer to a request, as XML. `change` is made before anything is signed."""
        server = self.server()
        made = server.create_authn_response(
            {},
            request.id,
            request.assertion_consumer_service_url,
            request.issuer.text,
            name_id=NameID(format=NAMEID_FORMAT_PERSISTENT, text=self.subject),
            authn={"class_ref": self.context},
            sign_response=False,
            sign_assertion=False,
        )
        response = samlp.response_from_string(str(made))
        [assertion] = response.assertion
        self._set_times(response, assertion)
        assertion.attribute_statement = [attributes(self.says)]
        change(response, assertion)
        return self._signed(server, response)

    def _set_times(self, response: Any, assertion: Any) -> None:
        """By the clock of the test, which stands still."""
        now, soon = stamp(self.now()), stamp(self.now() + timedelta(minutes=5))
        response.issue_instant = assertion.issue_instant = now
        assertion.conditions.not_before, assertion.conditions.not_on_or_after = now, soon
        assertion.subject.subject_confirmation[0].subject_confirmation_data.not_on_or_after = soon
        assertion.authn_statement[0].authn_instant = now

    def _signed(self, server: Server, response: Any) -> str:
        items = {"assertion": response.assertion, "response": [response]}
        chosen = [item for name in ("assertion", "response") if name in self.signs for item in items[name]]
        for number, item in enumerate(chosen):
            item.signature = pre_signature_part(
                item.id, server.sec.my_cert, number, self.digest_algorithm, self.sign_algorithm
            )
        text = str(response)
        for item in chosen:
            name = f"{item.c_namespace}:{item.c_tag}"
            text = server.sec.sign_statement(text, name, node_id=item.id)
        return text


def attributes(said: dict[str, Any]) -> saml.AttributeStatement:
    return saml.AttributeStatement(
        attribute=[
            saml.Attribute(
                name=name,
                name_format=saml.NAME_FORMAT_URI,
                attribute_value=[
                    saml.AttributeValue(text=value)
                    for value in (values if isinstance(values, list) else [values])
                ],
            )
            for name, values in said.items()
            if values is not None
        ]
    )


def pem(number: int) -> str:
    """The certificate of a key of this provider."""
    text = pair(number)
    return text[text.index("-----BEGIN CERTIFICATE-----") :]


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
