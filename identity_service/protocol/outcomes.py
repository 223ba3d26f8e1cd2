"""From an outcome of the authorization endpoint to what the browser gets."""

from urllib.parse import urlsplit

from fastapi import Request
from starlette.responses import Response

from identity_service.protocol import answers
from identity_service.protocol.answers import (
    BackToClient,
    ConsentFirst,
    DeviceWaits,
    Outcome,
    Refused,
    SignInFirst,
)
from identity_service.web import page, see_other

SCOPE_WORDS = {
    "openid": "Know that it is you",
    "profile": "See your name",
    "email": "See your e-mail address",
    "community:read": "Read what you can read in the community",
    "community:write": "Write and vote in the community in your name",
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
        case ConsentFirst(pending, client, account, scopes):
            return page(
                request,
                "consent.html",
                realm=pending.realm,
                leads_to=answers.client_origin(pending),
                pending=pending,
                client=client,
                account=account,
                scopes=[SCOPE_WORDS.get(scope, scope) for scope in scopes],
            )
        case Refused(reason):
            return page(request, "refused.html", status=400, reason=reason)


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
