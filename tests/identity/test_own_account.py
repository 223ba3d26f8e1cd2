"""The pages of one's own account (docs/security.md 18, 23, 24, 27)."""

import asyncio
import io
import re
import zlib
from datetime import timedelta
from typing import Any

import httpx
import pytest
from PIL import Image

from identity_service.audit import service as audit
from shared.oidc import RelyingParty, TokenRefused
from tests.identity.driver import CUSTOMER, OWN_FORM, Browser, House, signed_in

MAJA, ANA = "maja@inside.example", "ana@outside.example"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
PAGES = [
    "/account",
    "/account/profile",
    "/account/sessions",
    "/account/applications",
    "/account/history",
]


async def at_home(house: House, email: str, realm: str, address: str = "192.0.2.1") -> Browser:
    browser = house.browser(address)
    browser.http.headers["user-agent"] = FIREFOX
    await browser.sign_in(email, realm=realm)
    return browser


async def session_ids(house: House, email: str) -> list[str]:
    rows = await house.fetch(
        "select id::text from sessions where account_id = $1::text::uuid and ended_at is null "
        "order by created_at",
        house.subs[email],
    )
    return [row["id"] for row in rows]


async def events_of(house: House, email: str) -> list[str]:
    rows = await house.fetch(
        "select event from audit_rows where account_id = $1::text::uuid order by id", house.subs[email]
    )
    return [row["event"] for row in rows]


@pytest.mark.parametrize("path", PAGES)
async def test_each_page_wants_a_session(house: House, path: str) -> None:
    answer = await house.browser().get(path)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?realm=customer")
    for email, realm in ((MAJA, "staff"), (ANA, "customer")):
        shown = await (await at_home(house, email, realm)).get(path)
        assert shown.status_code == 200
        assert shown.headers["cache-control"].endswith("no-store")
        assert shown.text.count("<h1>") == 1


async def test_the_front_leads_to_the_account_and_who_is_two_people_chooses(house: House) -> None:
    browser = await at_home(house, ANA, "customer")
    assert (await browser.get("/")).headers["location"] == "/account?realm=customer"
    await browser.sign_in(MAJA, realm="staff")
    assert "Ana" in (await browser.get("/account?realm=customer")).text
    staff = (await browser.get("/account?realm=staff")).text
    assert MAJA in staff
    assert "You are also signed in as a customer, Ana." in staff
    assert 'value="Maja"' in (await browser.get("/account/profile")).text, "the choice is remembered"


@pytest.mark.parametrize(
    "path",
    [
        "/account/profile",
        "/account/profile/picture",
        "/account/profile/no-picture",
        "/account/sessions/end",
        "/account/sessions/end-others",
        "/account/applications/revoke",
    ],
)
async def test_18_forms_from_elsewhere_are_refused(house: House, path: str) -> None:
    browser = await at_home(house, ANA, "customer")
    for headers in ({}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}):
        answer = await browser.post(path, {"name": "Mallory"}, headers=headers)
        assert answer.status_code == 403
    rows = await house.fetch("select name from accounts where email_key = $1", ANA)
    assert rows == [{"name": "Ana"}]


async def test_a_profile_is_changed_and_told_to_applications(house: House, customer: RelyingParty) -> None:
    browser = await at_home(house, ANA, "customer")
    form = {"name": " Ana  Petrova ", "locale": "pt-BR", "zone": "Europe/Vienna"}
    saved = await browser.post("/account/profile", form)
    assert saved.headers["location"] == "/account/profile?done=profile"
    assert "Your profile was saved." in (await browser.get(saved.headers["location"])).text
    tokens = await signed_in(house, customer, ANA, realm="customer", resource=CUSTOMER, browser=browser)
    claims = await customer.userinfo(tokens.access_token)
    told = {name: claims.get(name) for name in ("name", "locale", "zoneinfo", "picture")}
    assert told == {"name": "Ana Petrova", "locale": "pt-BR", "zoneinfo": "Europe/Vienna", "picture": None}
    assert {"account.changed", "account.profile_changed"} <= set(await events_of(house, ANA))


@pytest.mark.parametrize(
    "changed", [{"name": ""}, {"name": "x" * 81}, {"locale": "klingon"}, {"zone": "../../etc/passwd"}]
)
async def test_a_profile_that_cannot_be_is_shown_again(house: House, changed: dict[str, str]) -> None:
    browser = await at_home(house, ANA, "customer")
    form = {"name": "Somebody Else", "locale": "de", "zone": "UTC", **changed}
    answer = await browser.post("/account/profile", form)
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    rows = await house.fetch("select name, locale, zoneinfo from accounts where email_key = $1", ANA)
    assert rows == [{"name": "Ana", "locale": None, "zoneinfo": None}]


def drawn(kind: str = "PNG", size: tuple[int, int] = (300, 200), **options: Any) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "teal").save(out, kind, **options)
    return out.getvalue()


async def upload(browser: Browser, content: bytes, name: str = "me.png") -> httpx.Response:
    files = {"picture": (name, content, "image/png")}
    return await browser.http.post("/account/profile/picture", files=files, headers=OWN_FORM)


async def picture_id(house: House, email: str) -> str | None:
    rows = await house.fetch("select picture_id::text from accounts where email_key = $1", email)
    found: str | None = rows[0]["picture_id"]
    return found


async def test_a_picture_is_drawn_anew_without_what_the_camera_wrote(
    house: House, customer: RelyingParty
) -> None:
    exif = Image.Exif()
    exif[0x010E] = "taken at my secret place"
    browser = await at_home(house, ANA, "customer")
    answer = await upload(browser, drawn("JPEG", exif=exif, comment=b"secret place"), "../../me.jpg")
    assert answer.headers["location"] == "/account/profile?done=picture"
    path = f"/pictures/{await picture_id(house, ANA)}"
    for query, size in (("", 256), ("?size=64", 64)):
        shown = await house.http().get(path + query, headers={"Cookie": "some=cookie"})
        assert shown.headers["content-type"] == "image/webp"
        assert shown.headers["cache-control"] == "public, max-age=31536000, immutable"
        picture = Image.open(io.BytesIO(shown.content))
        assert (picture.format, picture.size) == ("WEBP", (size, size))
        assert b"secret place" not in shown.content
        assert not picture.getexif()
    tokens = await signed_in(house, customer, ANA, realm="customer", resource=CUSTOMER, browser=browser)
    claims = await customer.userinfo(tokens.access_token)
    assert claims["picture"] == f"http://localhost:8000{path}"

    await upload(browser, drawn("WEBP"))
    assert (await house.http().get(path)).status_code == 404, "the old address shows nothing"
    await browser.post("/account/profile/no-picture", {})
    assert await picture_id(house, ANA) is None
    assert not await house.fetch("select 1 from pictures")


def claiming(width: int, height: int) -> bytes:
    """A PNG of a few bytes whose head claims a huge size."""
    png = bytearray(drawn(size=(1, 1)))
    png[16:24] = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    png[29:33] = zlib.crc32(bytes(png[12:29])).to_bytes(4, "big")
    return bytes(png)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not a picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "not a picture"),
        (drawn()[:60], "not a picture"),
        (drawn("BMP"), "not a picture"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 1 1\n", "not a picture"),
        (claiming(60_000, 60_000), "too large"),
        (claiming(6_000, 6_000), "too large"),
        (drawn() + b"\0" * 2_000_000, "too large"),
    ],
)
async def test_what_is_no_small_picture_is_refused(house: House, content: bytes, said: str) -> None:
    browser = await at_home(house, ANA, "customer")
    answer = await upload(browser, content)
    assert answer.status_code == 422
    assert said in answer.text
    assert await picture_id(house, ANA) is None


async def test_a_body_far_beyond_a_picture_is_cut_off_and_uploads_are_counted(house: House) -> None:
    browser = await at_home(house, ANA, "customer")
    photograph = await upload(browser, drawn("JPEG") + b"\0" * 9_000_000)
    assert photograph.status_code == 422
    assert "at most 2 MB" in photograph.text
    assert (await upload(browser, b"\0" * 12_000_000)).status_code == 413
    assert (await browser.post("/account/profile", {"name": "x" * 1_100_000})).status_code == 413
    answers = [await upload(browser, b"no picture") for _ in range(21)]
    assert "Too many attempts" in answers[-1].text
    for path in ("/pictures/none", "/pictures/4f3c9b4e-0000-4000-8000-000000000000"):
        assert (await house.http().get(path)).status_code in (404, 422)


async def test_23_people_see_and_end_their_browsers(house: House, customer: RelyingParty) -> None:
    phone = await at_home(house, ANA, "customer", "198.51.100.7")
    tokens = await signed_in(house, customer, ANA, realm="customer", resource=CUSTOMER, browser=phone)
    laptop = await at_home(house, ANA, "customer")
    page = (await laptop.get("/account/sessions")).text
    assert page.count("Firefox on Linux") >= 2
    assert "from 198.51.100.7" in page
    assert page.count("This browser") == 1
    first = (await session_ids(house, ANA))[0]
    done = await laptop.post("/account/sessions/end", {"session": first})
    assert done.headers["location"] == "/account/sessions?done=session"
    assert (await phone.get("/account")).status_code == 303
    with pytest.raises(TokenRefused):
        await customer.refresh(str(tokens.refresh_token))
    assert (await laptop.get("/account")).status_code == 200


async def test_23_all_other_browsers_are_signed_out_at_once(house: House) -> None:
    others = [await at_home(house, ANA, "customer") for _ in range(3)]
    mine = await at_home(house, ANA, "customer")
    await mine.post("/account/sessions/end-others", {})
    assert [(await other.get("/account")).status_code for other in others] == [303] * 3
    assert (await mine.get("/account")).status_code == 200
    assert len(await session_ids(house, ANA)) == 1


async def test_23_nobody_ends_what_is_not_theirs(house: House) -> None:
    await at_home(house, "priya@outside.example", "customer")
    [hers] = await session_ids(house, "priya@outside.example")
    ana = await at_home(house, ANA, "customer")
    [own] = await session_ids(house, ANA)
    for session in (hers, own, "", "no id", "4f3c9b4e-0000-4000-8000-000000000000"):
        assert (await ana.post("/account/sessions/end", {"session": session})).status_code == 404
    assert await session_ids(house, "priya@outside.example") == [hers]


async def test_23_people_take_access_back_from_applications(house: House, customer: RelyingParty) -> None:
    browser = await at_home(house, ANA, "customer")
    tokens = await signed_in(house, customer, ANA, realm="customer", resource=CUSTOMER, browser=browser)
    page = (await browser.get("/account/applications")).text
    assert "Customer community" in page
    priya = await at_home(house, "priya@outside.example", "customer")
    refused = await priya.post("/account/applications/revoke", {"client": "customer-community"})
    assert refused.status_code == 404, "she never signed in there"
    done = await browser.post("/account/applications/revoke", {"client": "customer-community"})
    assert done.headers["location"] == "/account/applications?done=application"
    with pytest.raises(TokenRefused):
        await customer.refresh(str(tokens.refresh_token))
    assert "No application has access" in (await browser.get("/account/applications")).text
    assert "grant.revoked" in await events_of(house, ANA)


async def test_the_history_shows_ones_own_rows_alone_in_pages(house: House) -> None:
    attacker = house.browser("203.0.113.7")
    for _ in range(8):
        await asyncio.gather(*(attacker.sign_in(ANA, realm="customer", password="x") for _ in range(9)))
        house.clock.advance(timedelta(minutes=6))
    browser = await at_home(house, ANA, "customer")
    at_once = (await browser.get("/account/history")).text
    assert at_once.count("Somebody tried to sign in, and failed") == 72, "before the worker numbers them"
    while await audit.number(house.services.database):
        pass
    first = (await browser.get("/account/history")).text
    assert first.count("Somebody tried to sign in, and failed") == 49
    assert "from 203.0.113.7" in first
    found = re.search(r'href="(/account/history\?before=[^"]+)"', first)
    assert found
    assert (await browser.get(found.group(1))).text.count("Somebody tried to sign in, and failed") == 23
    await house.browser().sign_in(MAJA, realm="staff")
    maja = (await (await at_home(house, MAJA, "staff")).get("/account/history")).text
    assert "failed" not in maja
    assert (await browser.get("/account/history?before=nonsense")).status_code == 422


async def test_signing_out_in_the_header_ends_the_session_of_that_page(house: House) -> None:
    browser = await at_home(house, ANA, "customer")
    await browser.sign_in(MAJA, realm="staff")
    page = (await browser.get("/account?realm=customer")).text
    assert 'action="/sign-out?realm=customer"' in page
    await browser.post("/sign-out?realm=customer", {})
    assert (await browser.get("/account?realm=customer")).status_code == 303
    assert (await browser.get("/account?realm=staff")).status_code == 200
