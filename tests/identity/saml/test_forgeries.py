"""What must not be believed (Profiles, section 4.1.4.3; Core, sections 2 and 5), and the word for it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from saml2 import ExtensionElement, saml, samlp
from saml2.saml import NAMEID_FORMAT_EMAILADDRESS, NAMEID_FORMAT_TRANSIENT
from saml2.xmldsig import DIGEST_SHA1, SIG_RSA_SHA1

from tests.identity.driver import House
from tests.identity.saml.portal import Portal, stamp
from tests.identity.saml.visits import PERSON, arrived, asked, posted, reasons, signed_in

Forged = Callable[[Any, Any], object]
HERE = "http://localhost:8000/sign-in/upstream/north/acs"


def confirmation(assertion: Any) -> Any:
    return assertion.subject.subject_confirmation[0].subject_confirmation_data


def put(where: Callable[[Any, Any], Any], **values: Any) -> Forged:
    def change(response: Any, assertion: Any) -> None:
        for name, value in values.items():
            setattr(where(response, assertion), name, value)

    return change


def in_response(**values: Any) -> Forged:
    return put(lambda response, assertion: response, **values)


def in_assertion(**values: Any) -> Forged:
    return put(lambda response, assertion: assertion, **values)


def in_confirmation(**values: Any) -> Forged:
    return put(lambda response, assertion: confirmation(assertion), **values)


def in_conditions(**values: Any) -> Forged:
    return put(lambda response, assertion: assertion.conditions, **values)


def in_statement(**values: Any) -> Forged:
    return put(lambda response, assertion: assertion.authn_statement[0], **values)


def in_name(**values: Any) -> Forged:
    return put(lambda response, assertion: assertion.subject.name_id, **values)


def audiences(*groups: list[str]) -> Forged:
    restrictions = [
        saml.AudienceRestriction(audience=[saml.Audience(text=text) for text in group]) for group in groups
    ]
    return in_conditions(audience_restriction=restrictions)


def holder_of_key(response: Any, assertion: Any) -> None:
    assertion.subject.subject_confirmation[0].method = saml.SCM_HOLDER_OF_KEY


def two_bearers(response: Any, assertion: Any) -> None:
    assertion.subject.subject_confirmation *= 2


def unknown_condition(response: Any, assertion: Any) -> None:
    assertion.conditions.extension_elements = [ExtensionElement("Only", "urn:x")]


def forgeries(house: House) -> list[tuple[Forged, str]]:
    now = house.clock.now()
    early, late = stamp(now + timedelta(seconds=61)), stamp(now - timedelta(seconds=60))
    us = HERE.replace("/acs", "/metadata")
    other = saml.Issuer(text="urn:example:other")
    return [
        (in_response(issuer=other), "issuer"),
        (in_assertion(issuer=other), "signature"),
        (in_assertion(issuer=saml.Issuer(text="urn:example:portal", format="urn:x")), "issuer"),
        (in_response(version="1.1"), "version"),
        (in_response(in_response_to="_unknown"), "no question"),
        (in_confirmation(in_response_to="_unknown"), "no question"),
        (in_confirmation(in_response_to=None), "no question"),
        (in_response(in_response_to=None), "unsolicited"),
        (in_response(destination=HERE.replace("north", "south")), "destination"),
        (in_confirmation(recipient=HERE.replace("north", "south")), "recipient"),
        (in_confirmation(recipient=None), "recipient"),
        (in_confirmation(not_on_or_after=None), "confirmation"),
        (in_confirmation(not_on_or_after=late), "expired"),
        (in_confirmation(not_before=early), "too early"),
        (in_confirmation(not_on_or_after=late.rstrip("Z")), "time"),
        (holder_of_key, "confirmation"),
        (two_bearers, "confirmation"),
        (in_assertion(subject=None), "confirmation"),
        (in_assertion(issue_instant=early), "too early"),
        (in_conditions(not_before=early), "too early"),
        (in_conditions(not_on_or_after=late), "expired"),
        (in_assertion(conditions=None), "conditions"),
        (audiences(), "audience"),
        (audiences(["urn:example:other"]), "audience"),
        (audiences([us], ["urn:example:other"]), "audience"),
        (in_assertion(authn_statement=[]), "statement"),
        (in_statement(authn_instant=early), "too early"),
        (in_statement(session_not_on_or_after=late), "expired"),
        (in_name(format=NAMEID_FORMAT_TRANSIENT), "no subject"),
        (in_name(format=NAMEID_FORMAT_EMAILADDRESS), "no subject"),
        (in_name(format=None), "no subject"),
        (in_name(text=" "), "no subject"),
        (in_name(text="x" * 256), "no subject"),
        (in_name(name_qualifier="urn:example:other"), "no subject"),
        (in_name(sp_name_qualifier="urn:example:other"), "no subject"),
    ]


async def test_an_answer_that_does_not_fit_its_question_is_refused(house: House, portal: Portal) -> None:
    browser = house.browser()
    portal.says = PERSON
    request = await asked(browser, portal)
    wanted = []
    for change, reason in forgeries(house):
        answer = await posted(browser, portal.response(request, change))
        assert (answer.status_code, "You are not signed in" in answer.text) == (400, True), reason
        wanted.append(reason)
    found = list(enumerate(zip(await reasons(house), wanted, strict=True)))
    assert [one for one in found if one[1][0] != one[1][1]] == []
    assert await house.fetch("select 1 from upstream_identities") == []
    assert signed_in(await arrived(browser, portal)), "what fits is believed"


async def test_a_condition_that_is_not_known_is_not_met(house: House, portal: Portal) -> None:
    browser = house.browser()
    request = await asked(browser, portal)
    answer = await posted(browser, portal.response(request, unknown_condition))
    assert answer.status_code == 400
    assert (await reasons(house))[0] in ("signature", "conditions")


async def test_clocks_may_differ_by_a_minute(house: House, portal: Portal) -> None:
    now = house.clock.now()
    early, late = stamp(now + timedelta(seconds=60)), stamp(now - timedelta(seconds=59))
    for change in (in_conditions(not_before=early), in_conditions(not_on_or_after=late)):
        assert signed_in(await arrived(house.browser(), portal, change))


def another_key(portal: Portal) -> None:
    portal.key = 1


def sha1(portal: Portal) -> None:
    portal.sign_algorithm = SIG_RSA_SHA1


def sha1_digest(portal: Portal) -> None:
    portal.digest_algorithm = DIGEST_SHA1


def nothing(portal: Portal) -> None:
    portal.signs = ()


@pytest.mark.parametrize(
    ("forge", "reason"),
    [(another_key, "signature"), (sha1, "algorithm"), (sha1_digest, "algorithm"), (nothing, "not signed")],
)
async def test_10_only_strong_signatures_by_the_keys_of_the_metadata_count(
    house: House, portal: Portal, forge: Callable[[Portal], None], reason: str
) -> None:
    browser = house.browser()
    forge(portal)
    portal.says = PERSON
    answer = await posted(browser, portal.response(await asked(browser, portal)))
    assert answer.status_code == 400
    assert await reasons(house) == [reason]


@pytest.mark.parametrize("signs", [("assertion",), ("response",), ("assertion", "response")])
async def test_what_was_changed_after_it_was_signed_is_refused(
    house: House, portal: Portal, signs: tuple[str, ...]
) -> None:
    browser = house.browser()
    portal.signs, portal.says = signs, PERSON
    text = portal.response(await asked(browser, portal))
    for old, new in (("person-1", "person-2"), ("helpers", "root"), ("<", " <")):
        assert (await posted(browser, text.replace(old, new, 1))).status_code in (400,)
    assert set(await reasons(house)) <= {"signature", "no XML", "encoding"}


async def test_a_signed_response_says_where_it_goes(house: House, portal: Portal) -> None:
    browser = house.browser()
    portal.signs = ("response",)
    answer = await posted(
        browser, portal.response(await asked(browser, portal), in_response(destination=None))
    )
    assert answer.status_code == 400
    assert await reasons(house) == ["destination"]


async def test_one_bad_signature_of_two_is_enough_to_refuse(house: House, portal: Portal) -> None:
    browser = house.browser()
    portal.signs, portal.says = ("assertion", "response"), PERSON
    text = portal.response(await asked(browser, portal))
    broken = text.replace("Destination=", 'Consent="urn:x" Destination=', 1)
    assert (await posted(browser, broken)).status_code == 400
    assert await reasons(house) == ["signature"]


async def test_a_no_is_told_apart_from_an_error_and_signs_nobody_in(house: House, portal: Portal) -> None:
    browser = house.browser()
    portal.signs = ()
    request = await asked(browser, portal)
    for code, said in ((samlp.STATUS_AUTHN_FAILED, "You said no there"), ("", "cannot be believed")):
        inner = samlp.StatusCode(value=code) if code else None
        outer = samlp.StatusCode(value=samlp.STATUS_RESPONDER, status_code=inner)
        change = in_response(status=samlp.Status(status_code=outer))
        answer = await posted(browser, portal.response(request, change))
        assert (answer.status_code, said in answer.text) == (400, True)
    assert await reasons(house) == ["denied", "error"]
