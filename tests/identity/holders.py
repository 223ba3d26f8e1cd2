"""People with second factors, as tests use them."""

import re
from dataclasses import dataclass, field
from datetime import timedelta

import httpx
import pyotp

from identity_service.policy import service as policies
from identity_service.policy.service import Policy
from identity_service.visit import Caller
from tests.identity.driver import Browser, House

STEP = 30


@dataclass
class Holder:
    """Somebody with an authenticator app and the codes on paper."""

    house: House
    secret: str
    codes: list[str] = field(default_factory=list)

    def code(self, *, steps: int = 0) -> str:
        """What the app shows, or showed `steps` half minutes ago or hence."""
        moment = self.house.clock.now().timestamp() + steps * STEP
        return pyotp.TOTP(self.secret).at(int(moment))


def caller_of(house: House) -> Caller:
    return Caller(services=house.services, now=house.clock.now(), address="console")


async def set_policy(house: House, realm: str, **values: object) -> None:
    async with caller_of(house).begin() as visit:
        await policies.change(visit, realm, Policy(**values))  # type: ignore[arg-type] # names of its fields


async def with_app(house: House, browser: Browser, *, realm: str = "staff") -> Holder:
    """Set up an app on the account's own page; the browser is signed in."""
    shown = await browser.get("/account/factors/app")
    assert shown.status_code == 200, shown.text
    holder = Holder(house, secret_in(shown))
    done = await browser.post("/account/factors/app", {"realm": realm, "code": holder.code()})
    assert done.status_code == 200, done.text
    holder.codes = codes_in(done)
    house.clock.advance(timedelta(seconds=STEP))
    return holder


def secret_in(answer: httpx.Response) -> str:
    found = re.search(r"Key: <code>([A-Z2-7 ]+)</code>", answer.text)
    assert found, answer.text
    return found.group(1).replace(" ", "")


def codes_in(answer: httpx.Response) -> list[str]:
    return re.findall(r"\b(?:[a-z2-7]{4}-){3}[a-z2-7]{4}\b", answer.text)


async def second(browser: Browser, code: str, *, realm: str = "staff", remember: str = "") -> httpx.Response:
    return await browser.post("/sign-in/second", {"realm": realm, "code": code, "remember": remember})


def is_in(answer: httpx.Response) -> bool:
    """Whether a session cookie came with the answer."""
    return any(
        header.startswith(("narrowbridge-identity-staff-8000=", "narrowbridge-identity-customer-8000="))
        for header in answer.headers.get_list("set-cookie")
    )
