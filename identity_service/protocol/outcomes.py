"""From an outcome of the authorization endpoint to what the browser gets."""

from urllib.parse import urlsplit

from fastapi import Request
from starlette.responses import Response

from identity_service.clients.models import Client
from identity_service.protocol import answers
from identity_service.protocol.answers import (
    BackToClient,
    ConsentFirst,
    DeviceWaits,
    Outcome,
    Refused,
    SignInFirst,
    StepUpFirst,
)
from identity_service.web import page, see_other

SCOPE_WORDS = {
    "openid": "Know that it is you",
    "profile": "See your name",
    "email": "See your e-mail address",
    "address": "See your postal address, if you gave one",
    "phone": "See your telephone number, if you gave one",
    "offline_access": "Stay signed in until you sign out here",
    "community:read": "Read what you can read in the community",
    "community:write": "Write and vote in the community in your name",
    "identity:admin": "Manage people, applications and policies, if you are an administrator",
}


def show(request: Request, outcome: Outcome) -> Response:
    match outcome:
        case BackToClient(posted=True):
            return _form(request, outcome)
        case BackToClient():
            return see_other(outcome.url)
        case DeviceWaits(pending):
            return see_other(f"/device/decide?request={pending.id}")
        case SignInFirst(pending, registers):
            path = "/sign-up" if registers and pending.realm == "customer" else "/sign-in"
            return see_other(f"{path}?request={pending.id}")
        case StepUpFirst(pending):
            return see_other(f"/sign-in/step-up?realm={pending.realm}&request={pending.id}")
        case ConsentFirst(pending, client, person, scopes):
            return page(
                request,
                "consent.html",
                realm=pending.realm,
                leads_to=answers.client_origin(pending),
                pending=pending,
                client=client,
                account=person,
                scopes=[SCOPE_WORDS.get(scope, scope) for scope in scopes],
                own_pages=_pages_of(client),
            )
        case Refused(reason):
            return page(request, "refused.html", status=400, reason=reason)


def _pages_of(client: Client) -> list[tuple[str, str]]:
    """What a client says about itself, on pages of its own (OpenID Connect Registration section 2)."""
    named = (
        ("About it", client.client_uri),
        ("What it does with your data", client.policy_uri),
        ("Its terms", client.tos_uri),
    )
    return [(label, url) for label, url in named if url and url.startswith("https://")]


def _form(request: Request, answer: BackToClient) -> Response:
    """A page whose form brings the answer to the client: by itself, or without script by its button."""
    return page(
        request,
        "form_post.html",
        leads_to=answers.origin_of(answer.redirect_uri),
        action=answer.redirect_uri,
        parameters=answer.parameters,
        host=urlsplit(answer.redirect_uri).netloc,
    )
