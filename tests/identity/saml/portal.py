"""A provider of SAML, made with pysaml2's own side for providers: it answers what a test tells it to."""

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from saml2 import BINDING_HTTP_REDIRECT, saml, samlp
from saml2.config import IdPConfig
from saml2.cryptography import asymmetric
from saml2.metadata import create_metadata_string
from saml2.saml import NAMEID_FORMAT_PERSISTENT, NameID
from saml2.server import Server
from saml2.sigver import RSA_OAEP_MGF1P, pre_encryption_part, pre_signature_part
from saml2.xmldsig import DIGEST_SHA256, SIG_RSA_SHA256

from identity_service.upstreams.saml import keys

MAIL, NAME, GROUPS = (
    "urn:oid:0.9.2342.19200300.100.1.3",
    "urn:oid:2.16.840.1.113730.3.1.241",
    "urn:x-groups",
)
PASSWORD_CLASS = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"
GCM = "http://www.w3.org/2009/xmlenc11#aes256-gcm"
Change = Callable[[samlp.Response, saml.Assertion], object]

# Three times for each provider it would prove the same key to be one, which takes longer than most tests.
asymmetric.load_pem_private_key = cache(asymmetric.load_pem_private_key)


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
    _servers: dict[Any, Server] = field(default_factory=dict)

    def server(self) -> Server:
        """pysaml2's provider, which knows `consumer` by the metadata. Making one takes long."""
        state = (self.key, self.consumer, self.wants_signed)
        if state not in self._servers:
            self._servers[state] = self._server()
        return self._servers[state]

    def _server(self) -> Server:
        key, certificate = self.folder / f"{self.key}.pem", self.folder / f"{self.key}-cert.pem"
        key.write_text(keys.private(pair(self.key)))
        certificate.write_text(pem(self.key))
        config = {
            "entityid": self.entity_id,
            "key_file": str(key),
            "cert_file": str(certificate),
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
        assertion.attribute_statement = [attributes(self.says)] if self.says else []
        change(response, assertion)
        return self._signed(server, response)

    def _set_times(self, response: Any, assertion: Any) -> None:
        """By the clock of the test, which stands still."""
        now, soon = stamp(self.now()), stamp(self.now() + timedelta(minutes=5))
        response.issue_instant = assertion.issue_instant = now
        assertion.conditions.not_before, assertion.conditions.not_on_or_after = now, soon
        assertion.subject.subject_confirmation[0].subject_confirmation_data.not_on_or_after = soon
        assertion.authn_statement[0].authn_instant = now

    def encrypted(self, text: str, *, cipher: str = GCM, transport: str = RSA_OAEP_MGF1P) -> str:
        """The answer with its assertion encrypted for the consumer."""
        found = re.search(r"X509Certificate>([^<]+)<", self.consumer)
        assert found
        root = text[text.index(":Response") :].partition(">")[0]
        names = " ".join(re.findall(r'xmlns:\w+="[^"]*"', root))  # so that it can be read alone
        wrapped = re.sub(
            r"<(\w+):Assertion( .*</\1:Assertion>)",
            rf"<\1:EncryptedAssertion><\1:Assertion {names}\2</\1:EncryptedAssertion>",
            text,
            flags=re.DOTALL,
        )
        certificate = self.folder / "consumer.pem"
        body = "\n".join(found[1][start : start + 64] for start in range(0, len(found[1]), 64))
        certificate.write_text(f"-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n")
        template = pre_encryption_part(msg_enc=cipher, key_enc=transport, encrypt_cert=found[1])
        sec = self.server().sec
        return str(sec.encrypt_assertion(wrapped, str(certificate), template, key_type="aes-256"))

    def signed_whole(self, text: str) -> str:
        """A response that is signed around what it holds."""
        self.signs = ("response",)
        return self._signed(self.server(), samlp.response_from_string(text))

    def _signed(self, server: Server, response: Any) -> str:
        items = {"assertion": response.assertion, "response": [response]}
        chosen = [item for name in ("assertion", "response") if name in self.signs for item in items[name]]
        for item in chosen:
            item.signature = pre_signature_part(
                item.id, server.sec.my_cert, item.id, self.digest_algorithm, self.sign_algorithm
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
