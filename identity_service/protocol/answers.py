"""What may come of an authorization request."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from identity_service.clients.models import Client
from identity_service.grants.models import PendingRequest
from identity_service.protocol.standing import Person

FORM_POST = "form_post"
RESPONSE_MODES = ("query", FORM_POST)


@dataclass(frozen=True, slots=True)
class BackToClient:
    """The answer, a code or an error, goes to the client's registered address: in the address, or, with
    `posted`, as a form that the browser sends (OAuth 2.0 Form Post Response Mode)."""

    redirect_uri: str
    parameters: Mapping[str, str]
    posted: bool = False

    @property
    def url(self) -> str:
        separator = "&" if urlsplit(self.redirect_uri).query else "?"
        return f"{self.redirect_uri}{separator}{urlencode(self.parameters)}"


@dataclass(frozen=True, slots=True)
class SignInFirst:
    """The person has to sign in, or to register when `registers`, and then comes back to the request."""

    pending: PendingRequest
    registers: bool = False


@dataclass(frozen=True, slots=True)
class StepUpFirst:
    """The person is signed in, and has to give a second factor before it goes on (RFC 9470)."""

    pending: PendingRequest


@dataclass(frozen=True, slots=True)
class ConsentFirst:
    """The person has to agree that this client gets what it asks for."""

    pending: PendingRequest
    client: Client
    person: Person
    scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DeviceWaits:
    """The person has to say whether a device that waits is theirs (RFC 8628 section 3.3)."""

    pending: PendingRequest


@dataclass(frozen=True, slots=True)
class Refused:
    """There is nobody to send an answer to: the person sees a page (RFC 6749 section 4.1.2.1)."""

    reason: str


Outcome = BackToClient | SignInFirst | StepUpFirst | ConsentFirst | DeviceWaits | Refused


def origin_of(redirect_uri: str) -> str:
    """Where a redirect address leads, as a source of a Content-Security-Policy."""
    parts = urlsplit(redirect_uri)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else f"{parts.scheme}:"


def client_origin(pending: PendingRequest | None) -> str | None:
    """Where the browser will go in the end; the page's form must be allowed to lead there."""
    redirect_uri = pending.parameters.get("redirect_uri") if pending is not None else None
    return origin_of(redirect_uri[0]) if redirect_uri else None
