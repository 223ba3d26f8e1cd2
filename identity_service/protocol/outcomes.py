"""From an outcome of the authorization endpoint to what the browser gets."""

from fastapi import Request
from starlette.responses import Response

from identity_service.protocol import authorization
from identity_service.protocol.authorization import BackToClient, ConsentFirst, Outcome, SignInFirst
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
        case BackToClient(url):
            return see_other(url)
        case SignInFirst(pending, registers):
            path = "/sign-up" if registers and pending.realm == "customer" else "/sign-in"
            return see_other(f"{path}?request={pending.id}")
        case ConsentFirst(pending, client, account, scopes):
            return page(
                request,
                "consent.html",
                realm=pending.realm,
                leads_to=authorization.client_origin(pending),
                pending=pending,
                client=client,
                account=account,
                scopes=[SCOPE_WORDS.get(scope, scope) for scope in scopes],
            )
        case authorization.Refused(reason):
            return page(request, "refused.html", status=400, reason=reason)
