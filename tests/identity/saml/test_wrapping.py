"""Signature wrapping: what is signed is moved aside, and something else is shown in its place (Somorovsky et
al., On Breaking SAML, 2012; numbered as in SAML Raider)."""

import re
from dataclasses import dataclass

import pytest

from tests.identity.driver import House
from tests.identity.saml.portal import Portal
from tests.identity.saml.visits import PERSON, asked, posted, reasons


@dataclass
class Parts:
    """A signed answer, cut where attackers cut it: `evil` is the assertion with another subject and id and
    without its signature, `bare` the signed one without it."""

    text: str
    open: str
    inside: str
    close: str
    assertion: str
    signature: str
    bare: str
    evil: str

    @property
    def evil_open(self) -> str:
        return self.open.replace('ID="', 'ID="evil-', 1)


def cut(text: str, signed: str) -> Parts:
    root = re.fullmatch(r"(<\?xml[^>]*\?>\s*)?(<\w+:Response[^>]*>)(.*)(</\w+:Response>)\s*", text, re.DOTALL)
    assert root
    assertion = re.search(r"<(\w+):Assertion[ >].*</\1:Assertion>", text, re.DOTALL)
    signature = re.search(r"<(\w+):Signature[ >].*?</\1:Signature>", text, re.DOTALL)
    assert assertion
    assert signature
    whole = assertion.group(0)
    bare = whole.replace(signature.group(0), "")
    evil = re.sub(r'\bID="', 'ID="evil-', bare, count=1).replace("person-1", "admin")
    return Parts(text, root[2], root[3], root[4], whole, signature.group(0), bare, evil)


def around(parts: Parts, assertions: str) -> str:
    return parts.open + parts.inside.replace(parts.assertion, assertions) + parts.close


def evil_with(parts: Parts, signature: str) -> str:
    return re.sub(r"(</\w+:Issuer>)", lambda found: found[1] + signature, parts.evil, count=1)


def put_in(element: str, name: str, content: str) -> str:
    """`content` as a new last child `name` of the first `element`."""
    prefix = re.match(r"<(\w+):", element)
    assert prefix
    head, _, tail = element.rpartition(f"</{prefix[1]}:{name.partition('/')[0]}>")
    return f"{head}{content}</{prefix[1]}:{name.partition('/')[0]}>{tail}"


def in_object(parts: Parts, content: str) -> str:
    prefix = re.match(r"<(\w+):Signature", parts.signature)
    assert prefix
    return put_in(parts.signature, "Signature", f"<{prefix[1]}:Object>{content}</{prefix[1]}:Object>")


def extensions(parts: Parts, content: str) -> str:
    prefix = re.match(r"<(\w+):Response", parts.open)
    assert prefix
    return f"<{prefix[1]}:Extensions>{content}</{prefix[1]}:Extensions>"


def wrapped_assertions(parts: Parts) -> dict[str, str]:
    """A signed assertion, wrapped."""
    evil, signed, bare = parts.evil, parts.assertion, parts.bare
    after_issuer = re.compile(r"(</\w+:Issuer>)")
    return {
        "3: before the signed one": around(parts, evil + signed),
        "3: after the signed one": around(parts, signed + evil),
        "4: around the signed one": around(parts, put_in(evil, "Assertion", signed)),
        "5: with its signature": around(parts, evil_with(parts, parts.signature) + bare),
        "5: with its signature, and the same id": around(
            parts, (evil_with(parts, parts.signature) + bare).replace("evil-", "")
        ),
        "6: in its signature": around(parts, evil_with(parts, in_object(parts, bare))),
        "7: in extensions": parts.open
        + after_issuer.sub(lambda found: found[1] + extensions(parts, evil), parts.inside, count=1)
        + parts.close,
        "8: in an object of its signature": around(parts, evil_with(parts, in_object(parts, signed))),
        "in an advice": around(
            parts, signed.replace(":Subject>", f":Subject>{evil}", 1) if ":Subject>" in signed else evil
        ),
        "an id of XML": around(
            parts,
            evil_with(parts, parts.signature).replace('ID="', 'xml:id="x" ID="', 1) + bare,
        ),
        "of another namespace": around(
            parts, evil_with(parts, parts.signature) + f'<x:Wrap xmlns:x="urn:x">{bare}</x:Wrap>'
        ),
    }


def wrapped_responses(parts: Parts) -> dict[str, str]:
    """A signed response, wrapped."""
    evil_inside = parts.inside.replace("person-1", "admin").replace(parts.signature, "")
    bare = parts.open + parts.inside.replace(parts.signature, "") + parts.close
    whole = parts.open + parts.inside + parts.close
    after_issuer = re.compile(r"(</\w+:Issuer>)")

    def signed(signature: str) -> str:
        return after_issuer.sub(lambda found: found[1] + signature, evil_inside, count=1)

    return {
        "1: in its signature": parts.evil_open + signed(in_object(parts, bare)) + parts.close,
        "2: beside its signature": parts.evil_open + signed(parts.signature + bare) + parts.close,
        "in extensions": parts.evil_open + signed(extensions(parts, whole)) + parts.close,
        "the signature alone": parts.evil_open + signed(parts.signature) + parts.close,
        "the signature alone, and the same id": parts.open + signed(parts.signature) + parts.close,
    }


@pytest.mark.parametrize("signed", ["assertion", "response"])
async def test_what_is_not_itself_signed_is_not_believed(house: House, portal: Portal, signed: str) -> None:
    browser = house.browser()
    portal.signs, portal.says = (signed,), PERSON
    parts = cut(portal.response(await asked(browser, portal)), signed)
    variants = wrapped_assertions(parts) if signed == "assertion" else wrapped_responses(parts)
    for name, text in variants.items():
        answer = await posted(browser, text)
        assert (answer.status_code, name) == (400, name)
    assert set(await reasons(house)) <= {"shape", "signature"}
    assert await house.fetch("select 1 from upstream_attempts where sealed_answer is not null") == []
    assert (await posted(browser, parts.text)).status_code == 303, "the signed one is good"
