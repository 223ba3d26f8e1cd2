"""Assertions encrypted for us (Core section 2.3.4; XML Encryption 1.1)."""

import pytest
from saml2.sigver import RSA_1_5

from tests.identity.driver import House
from tests.identity.saml.portal import Portal
from tests.identity.saml.visits import PERSON, asked, followed, posted, reasons, signed_in

CBC = "http://www.w3.org/2001/04/xmlenc#aes256-cbc"


async def test_an_encrypted_assertion_that_is_signed_inside_is_believed(house: House, portal: Portal) -> None:
    browser = house.browser()
    portal.says = PERSON
    text = portal.encrypted(portal.response(await asked(browser, portal)))
    assert "Noor" not in text
    assert signed_in(await followed(browser, await posted(browser, text)))


async def test_what_is_inside_has_to_be_signed_there_or_around(house: House, portal: Portal) -> None:
    browser = house.browser()
    portal.says, portal.signs = PERSON, ()
    text = portal.encrypted(portal.response(await asked(browser, portal)))
    assert (await posted(browser, text)).status_code == 400
    assert await reasons(house) == ["not signed"]
    assert signed_in(await followed(browser, await posted(browser, portal.signed_whole(text))))


async def test_a_cipher_without_authentication_counts_within_a_signature_only(
    house: House, portal: Portal
) -> None:
    """Else whoever sends changed ciphers learns what stands in them from the answers."""
    browser = house.browser()
    portal.says = PERSON
    text = portal.encrypted(portal.response(await asked(browser, portal)), cipher=CBC)
    assert (await posted(browser, text)).status_code == 400
    assert await reasons(house) == ["algorithm"]
    assert signed_in(await followed(browser, await posted(browser, portal.signed_whole(text))))


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("CipherValue>", "CipherValue>AAAA", "cipher"),
        ("2009/xmlenc11#aes256-gcm", "2001/04/xmlenc#tripledes-cbc", "algorithm"),
        ("rsa-oaep-mgf1p", "rsa-1_5", "algorithm"),
        ("<ns2:CipherData>", '<ns2:CipherReference URI="file:///etc/passwd"/><ns2:CipherData>', "shape"),
    ],
)
async def test_what_cannot_be_taken_apart_safely_is_refused(
    house: House, portal: Portal, old: str, new: str, reason: str
) -> None:
    browser = house.browser()
    portal.says = PERSON
    text = portal.encrypted(portal.response(await asked(browser, portal)))
    prefix = text.partition(":CipherData>")[0].rpartition("<")[2]
    old, new = old.replace("ns2", prefix), new.replace("ns2", prefix)
    assert old in text
    answer = await posted(browser, text.replace(old, new, 1))
    assert (answer.status_code, await reasons(house)) == (400, [reason])


async def test_a_key_that_is_wrapped_the_old_way_is_refused(house: House, portal: Portal) -> None:
    browser = house.browser()
    text = portal.encrypted(portal.response(await asked(browser, portal)), transport=RSA_1_5)
    assert (await posted(browser, text)).status_code == 400
    assert await reasons(house) == ["algorithm"]
