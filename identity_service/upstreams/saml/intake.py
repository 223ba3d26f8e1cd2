"""What came from a browser, looked at before anything that works with XML sees it, and after.

Whoever takes messages of SAML apart has two parsers: one that reads them, and that of xmlsec1, which checks
what is signed. What they could understand differently is not admitted here.
"""

import base64
import binascii
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from identity_service.upstreams.errors import UpstreamRefused

LARGEST: Final = 262_144
"""Bytes of one message."""
_DEEPEST: Final = 40
_MOST_ELEMENTS: Final = 5_000
_DECLARATION: Final = re.compile(
    r"""\A\s*<\?xml\s+version=["']1\.0["'](\s+encoding=["']utf-8["'])?(\s+standalone=["'](yes|no)["'])?\s*\?>""",
    re.IGNORECASE,
)

PROTOCOL: Final = "{urn:oasis:names:tc:SAML:2.0:protocol}"
ASSERTION: Final = "{urn:oasis:names:tc:SAML:2.0:assertion}"
SIGNATURE: Final = "{http://www.w3.org/2000/09/xmldsig#}"
ENCRYPTION: Final = "{http://www.w3.org/2001/04/xmlenc#}"

_LEADS_ELSEWHERE: Final = frozenset(
    {"Object", "Manifest", "RetrievalMethod", "KeyInfoReference", "CipherReference"}
)
"""Elements by which a signature or a cipher reaches for content that stands somewhere else."""


@dataclass(frozen=True, slots=True)
class Message:
    """A response whose shape is the one that is admitted: one assertion, and signatures only where they
    belong."""

    text: str
    response: Element
    assertion: Element
    """The one there is, encrypted or not."""

    @property
    def is_encrypted(self) -> bool:
        return self.assertion.tag == f"{ASSERTION}EncryptedAssertion"

    @property
    def in_response_to(self) -> str:
        return self.response.get("InResponseTo", "")


def opened(encoded: str) -> str:
    """The XML of a form field `SAMLResponse` (Bindings, section 3.5.4). Raises UpstreamRefused."""
    if len(encoded) > LARGEST * 3 // 2:
        raise UpstreamRefused("too large")
    try:
        text = base64.b64decode("".join(encoded.split()), validate=True).decode("utf-8-sig")
    except (binascii.Error, ValueError):
        raise UpstreamRefused("encoding") from None
    if len(text) > LARGEST:
        raise UpstreamRefused("too large")
    return text


def read(text: str) -> Message:
    """Raises UpstreamRefused for what is no response, or one of a shape that is not admitted."""
    root = parsed(text)
    if root.tag != f"{PROTOCOL}Response":
        raise UpstreamRefused("no response")
    _require_own_ids(root)
    if any(local(element) in _LEADS_ELSEWHERE for element in root.iter()):
        raise UpstreamRefused("shape")
    assertion = _only_assertion(root)
    _require_signatures_in_place(root, assertion)
    return Message(text, root, assertion)


def parsed(text: str) -> Element:
    """A tree of plain elements: no document type, entity, comment, processing instruction or CDATA, and not
    too large. Raises UpstreamRefused."""
    if len(text) > LARGEST * 2:
        raise UpstreamRefused("too large")
    plain = _DECLARATION.sub("", text, count=1)
    if "<!" in plain or "<?" in plain:  # in XML either begins one of these, and nothing else
        raise UpstreamRefused("markup")
    try:
        root = tree(plain)
    except ValueError:
        raise UpstreamRefused("no XML") from None
    if any(depth > _DEEPEST or number > _MOST_ELEMENTS for number, depth in enumerate(_depths(root), 1)):
        raise UpstreamRefused("too large")
    return root


def tree(text: str) -> Element:
    """Raises ValueError for what is no XML, or has a document type."""
    try:
        root: Element = fromstring(text, forbid_dtd=True)
    except (ParseError, DefusedXmlException) as error:
        raise ValueError(type(error).__name__) from None
    return root


def local(element: Element) -> str:
    """The name of an element, whatever its namespace."""
    return element.tag.rpartition("}")[2]


def _depths(root: Element) -> Iterator[int]:
    waiting = [(root, 1)]
    while waiting:
        element, depth = waiting.pop()
        yield depth
        waiting.extend((child, depth + 1) for child in element)


def _require_own_ids(root: Element) -> None:
    """No two elements share an id, however its attribute is written."""
    ids = Counter(
        value
        for element in root.iter()
        for name, value in element.items()
        if name.rpartition("}")[2].lower() == "id"
    )
    if any(count > 1 for count in ids.values()):
        raise UpstreamRefused("shape")


def _only_assertion(root: Element) -> Element:
    """The assertion, encrypted or taken out of its envelope or plain. A second one anywhere is how signatures
    are wrapped."""
    found = [element for element in root.iter() if local(element) in ("Assertion", "EncryptedAssertion")]
    plain = [element for element in found if element.tag == f"{ASSERTION}Assertion"]
    match found:
        case [only] if only in list(root) and only.tag.startswith(ASSERTION):
            return only
        case [envelope, only] if envelope in list(root) and list(envelope) == [only] == plain:
            return only
    raise UpstreamRefused("shape" if found else "no assertion")


def _require_signatures_in_place(root: Element, assertion: Element) -> None:
    """Core section 5.4: a signature is a child of what it signs; there is one of it, and right after the
    issuer."""
    in_place = [
        child
        for parent in (root, assertion)
        for child in list(parent)[1:2]
        if child.tag == f"{SIGNATURE}Signature"
    ]
    if [element for element in root.iter() if local(element) == "Signature"] != in_place:
        raise UpstreamRefused("shape")
