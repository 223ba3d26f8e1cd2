"""Everything that pysaml2 and xmlsec1 do for us. It takes milliseconds and starts programs: in a thread."""

import logging
from datetime import datetime
from typing import Any
from xml.etree.ElementTree import Element

from saml2 import SamlBase, create_class_from_element_tree, saml, samlp

from identity_service.upstreams.errors import UpstreamRefused
from identity_service.upstreams.saml import claims, intake, keys, metadata, own, rules
from identity_service.upstreams.saml.described import Described
from identity_service.upstreams.saml.intake import SIGNATURE, Message
from identity_service.upstreams.saml.party import Party
from identity_service.upstreams.saml.signatures import (
    Signatures,
    require_strong_cipher,
    require_strong_signature,
)
from identity_service.upstreams.saml.wanted import Wanted
from identity_service.upstreams.schemas import SamlTerms

logging.getLogger("saml2").setLevel(logging.CRITICAL)  # what it logs are messages, with whom they are about


class Machine:
    """One run of `xmlsec1`, where that program stands, for each signature and each cipher."""

    def __init__(self, xmlsec1: str) -> None:
        self._xmlsec1 = xmlsec1

    def described(self, text: str, issuer: str) -> Described:
        """Raises BadMetadata."""
        return metadata.read(text, issuer)

    def description(self, party: Party) -> str:
        """Our metadata."""
        return own.description(party)

    def request_address(
        self, party: Party, described: Described, *, request_id: str, at: datetime, proves_again: bool
    ) -> str:
        """Where a browser goes to ask."""
        return own.request_address(party, described, request_id=request_id, at=at, proves_again=proves_again)

    def opened(self, encoded: str) -> Message:
        """What a form brought, of a shape that is admitted; nothing in it is believed yet. Raises
        UpstreamRefused."""
        return intake.read(intake.opened(encoded))

    def claims(
        self, message: Message, described: Described, party: Party, terms: SamlTerms, wanted: Wanted
    ) -> dict[str, Any]:
        """What a message says of its person, when it is to be believed. Each signature that is there has to
        hold, and one has to be there. Raises UpstreamRefused."""
        response = create_class_from_element_tree(samlp.Response, message.response)
        rules.require_success(response)
        rules.require_response(response, wanted)
        signatures = Signatures(self._xmlsec1, described.issuer, described.certificates)
        is_signed = _is_signed(signatures, message.text, message.response, response)
        if message.is_encrypted:
            require_strong_cipher(message.assertion, is_authentic=is_signed)
            message = intake.read(signatures.decrypted(message.text, keys.private(party.pair)))
        assertion = create_class_from_element_tree(saml.Assertion, message.assertion)
        if assertion is None:
            raise UpstreamRefused("cipher")
        if not _is_signed(signatures, message.text, message.assertion, assertion) and not is_signed:
            raise UpstreamRefused("not signed")
        rules.require_assertion(assertion, wanted)
        return claims.of(assertion, terms, wanted)


def _is_signed(signatures: Signatures, text: str, element: Element, item: SamlBase) -> bool:
    """Raises UpstreamRefused for a signature that does not hold."""
    if element.find(f"{SIGNATURE}Signature") is None:
        return False
    require_strong_signature(element)
    signatures.check(text, item)
    return True
