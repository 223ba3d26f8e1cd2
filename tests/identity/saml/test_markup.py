"""What comes from a browser is looked at before anything that works with XML sees it."""

import base64
from collections.abc import Iterator
from xml.etree import ElementTree

import pytest

from tests.identity.driver import Browser, House
from tests.identity.saml.portal import Portal
from tests.identity.saml.visits import CROSS_SITE, PATH, PERSON, asked, followed, posted, reasons, signed_in

BOMB = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


async def sent(browser: Browser, field: str) -> int:
    answer = await browser.bare.post(f"{PATH}/acs", {"SAMLResponse": field}, headers=CROSS_SITE)
    return answer.status_code


@pytest.mark.parametrize(
    "start",
    [
        '<!DOCTYPE x [<!ENTITY l0 "lol">' + BOMB + "]>",
        '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE x SYSTEM "http://elsewhere.example/x.dtd">',
        '<!DOCTYPE x [<!ENTITY % e SYSTEM "http://elsewhere.example/x.dtd"> %e;]>',
        '<?xml-stylesheet href="http://elsewhere.example/x.xsl"?>',
        "<!-- a word -->",
    ],
    ids=["entities", "file", "document type", "parameter", "instruction", "comment"],
)
async def test_document_types_entities_and_the_like_are_refused(
    house: House, portal: Portal, start: str
) -> None:
    browser = house.browser()
    text = portal.response(await asked(browser, portal))
    declaration, _, rest = text.partition("?>")
    assert (await posted(browser, f"{declaration}?>{start}{rest}")).status_code == 400
    assert await reasons(house) == ["markup"]


async def test_a_comment_in_a_name_does_not_cut_it_short(house: House, portal: Portal) -> None:
    """What is signed is signed without its comments; a parser that reads up to one reads another name."""
    browser = house.browser()
    portal.subject, portal.says = "admin.elsewhere", PERSON
    text = portal.response(await asked(browser, portal))
    for inside in ("<!---->", "<![CDATA[]]>", "<?x?>"):
        answer = await posted(browser, text.replace("admin.elsewhere", f"admin{inside}.elsewhere"))
        assert answer.status_code == 400
    assert await reasons(house) == ["markup"] * 3
    assert signed_in(await followed(browser, await posted(browser, text)))
    assert await house.fetch("select subject from upstream_identities") == [{"subject": "admin.elsewhere"}]


async def test_only_utf_8_of_a_bounded_size_and_depth_is_read(house: House, portal: Portal) -> None:
    browser = house.browser()
    text = portal.response(await asked(browser, portal))
    deep = "<x>" * 200 + "</x>" * 200
    wide = "<x/>" * 6_000
    status = text.index("<ns0:Status>")
    for number, (bad, reason) in enumerate(
        (
            (text.replace('"1.0"', '"1.0" encoding="utf-16"', 1), "markup"),
            (text.replace('"1.0"', '"1.0" encoding="utf-7"', 1), "markup"),
            (text.replace('"1.0"', '"1.1"', 1), "markup"),
            (text[:status] + deep + text[status:], "too large"),
            (text[:status] + wide + text[status:], "too large"),
            (text + " " * 300_000, "too large"),
            ("<Response/>", "no response"),
            ("hello", "no XML"),
            ("", "no XML"),
        ),
        1,
    ):
        assert (await posted(browser, bad)).status_code == 400
        assert (await reasons(house))[number - 1 :] == [reason]
    for field in (base64.b64encode(text.encode("utf-16")).decode(), "%%%", "", "A"):
        assert await sent(browser, field) == 400
    assert (await browser.bare.post(f"{PATH}/acs", {}, headers=CROSS_SITE)).status_code == 400
    assert (await browser.bare.get(f"{PATH}/acs")).status_code == 405


async def test_a_part_that_is_missing_is_no_error_of_ours(house: House, portal: Portal) -> None:
    """Whatever element or attribute is left out, signed as it then is, the answer is a yes or a no."""
    browser = house.browser("192.0.2.7")
    portal.says, portal.signs = PERSON, ()
    text = portal.response(await asked(browser, portal))
    for number in range(1, len(list(ElementTree.fromstring(text).iter()))):
        for changed in lacking(text, number):
            answer = await posted(browser, portal.signed_whole(changed))
            assert answer.status_code in (303, 400), changed
            if answer.status_code == 303:
                portal.signs = ()
                text = portal.response(await asked(browser, portal))


def lacking(text: str, number: int) -> Iterator[str]:
    """The answer without one element below the root, and without its attributes."""
    root = ElementTree.fromstring(text)
    list(root.iter())[number].attrib.clear()
    yield ElementTree.tostring(root, encoding="unicode")
    parents = {child: parent for parent in root.iter() for child in parent}
    chosen = list(root.iter())[number]
    parents[chosen].remove(chosen)
    yield ElementTree.tostring(root, encoding="unicode")
