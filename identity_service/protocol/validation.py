"""Whether an authorization request is in order, before anybody is asked anything (RFC 6749 section 4.1.1)."""

from authlib.oauth2.rfc6749 import InvalidRequestError

from identity_service.grants.models import PendingRequest
from identity_service.protocol.asked import Asked
from identity_service.protocol.code import realm_of
from identity_service.protocol.errors import RequestTooLong
from identity_service.protocol.request import Headers, Parameters, ProtocolRequest, repeated
from identity_service.protocol.server import Server
from identity_service.visit import Visit

PATH = "/oauth/authorize"
LONGEST = 10_000
"""Characters of a request, as it may be put aside for somebody whom we do not know yet."""
_PROMPTS = frozenset({"none", "login", "consent", "select_account", "create"})


def protocol_request(visit: Visit, parameters: Parameters, *, pushed: bool = False) -> ProtocolRequest:
    """The request as Authlib reads it. `pushed` says that its client left it here (RFC 9126)."""
    known = {name: list(values) for name, values in parameters.items()}
    if known.get("response_type", ["code"]) != ["code"]:
        # Authlib repeats the value in its error, which fails for characters RFC 6749 does not admit there.
        known["response_type"] = ["other"]
    request = ProtocolRequest(visit.settings.issuer, PATH, "GET", Headers(), known)
    request.is_pushed = pushed
    return request


def validated(
    visit: Visit,
    server: Server,
    request: ProtocolRequest,
    parameters: Parameters,
    pending: PendingRequest | None,
) -> Asked:
    """Raises OAuth2Error, with a `redirect_uri` once it is known to be the client's."""
    if sum(len(name) + sum(map(len, values)) for name, values in parameters.items()) > LONGEST:
        raise RequestTooLong
    if name := repeated(parameters):
        raise InvalidRequestError(f"{name} came twice" if name.isascii() and name.isidentifier() else None)
    grant = server.get_authorization_grant(request)
    redirect_uri = grant.validate_authorization_request()
    asked = Asked(visit, server, request, grant, redirect_uri, realm_of(grant), pending)
    if not asked.prompts <= _PROMPTS or ("none" in asked.prompts and len(asked.prompts) > 1):
        raise InvalidRequestError("prompt is not one of those known", redirect_uri=redirect_uri)
    if not request.form.get("max_age", "0").isdecimal():
        raise InvalidRequestError("max_age must be a number of seconds", redirect_uri=redirect_uri)
    return asked
