"""The protocol's endpoints over HTTP."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import JSONResponse, Response

from identity_service.grants import service as grants
from identity_service.limits import service as limits
from identity_service.protocol import (
    assertion,
    authorization,
    device,
    discovery,
    introspection,
    logout,
    pushed,
    revocation,
    server,
    userinfo,
)
from identity_service.protocol.answers import Refused
from identity_service.protocol.outcomes import show
from identity_service.protocol.published import publish
from identity_service.protocol.request import (
    BadParameters,
    ProtocolRequest,
    form_parameters,
    query_parameters,
    repeated,
)
from identity_service.protocol.turn import Turn
from identity_service.sessions import service as sessions
from identity_service.visit import Caller, Visit
from identity_service.web import (
    BODY_FIRST,
    Visiting,
    caller_of,
    cookie_secret,
    drop_session_cookie,
    page,
    see_other,
    services_of,
)
from shared.oidc.dpop import Presented
from shared.oidc.errors import InvalidProof, InvalidToken
from shared.oidc.signed import STRONG
from shared.oidc.tokens import BOUND
from shared.web.credentials import BEARER, DPOP, presented
from shared.web.csrf import own_form_only
from shared.web.headers import header, headers
from shared.web.json import to_bytes
from shared.web.routes import PlainRoute

router = APIRouter(include_in_schema=False, route_class=PlainRoute)


NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}
TOO_OLD = "This request is too old. Start again at the application."


@router.post("/oauth/introspect")
async def introspect(request: Request) -> Response:
    async def told(turn: Turn, asked: ProtocolRequest) -> dict[str, Any]:
        return await introspection.introspect(turn, asked, request.app.state.seen_tokens)

    return await _as_client(request, told)


@router.post("/oauth/token")
async def token(request: Request) -> Response:
    return await _as_client(request, server.token)


@router.api_route("/oauth/authorize", methods=["GET", "POST"])
async def authorize(request: Request) -> Response:
    parameters = query_parameters(request) if request.method == "GET" else await form_parameters(request)
    return show(request, await authorization.authorize(caller_of(request), parameters, request.cookies))


@router.get("/.well-known/openid-configuration")
@router.get("/.well-known/oauth-authorization-server")
async def metadata(request: Request) -> Response:
    """The same for both: RFC 8414 section 5 registers what OpenID Connect adds."""
    issuer = services_of(request).settings.issuer
    return publish(request, "metadata", issuer, lambda: discovery.document(issuer))


@router.get("/.well-known/jwks.json")
async def jwks(request: Request) -> Response:
    keys = services_of(request).keys
    return publish(request, "jwks", keys.kids, keys.public_set)


@router.post("/oauth/consent", dependencies=[Depends(own_form_only)])
async def consent(
    request: Request,
    visit: Visiting,
    pending: Annotated[str, Form(alias="request")],
    allow: Annotated[str, Form()] = "",
) -> Response:
    waiting = await grants.pending_request(visit, sessions.session_id(pending))
    session = None
    if waiting is not None:
        session = await sessions.find(visit, waiting.realm, cookie_secret(request, visit, waiting.realm))
    if waiting is None or session is None:
        return show(request, Refused(TOO_OLD))
    if not allow:
        return show(request, await authorization.deny(visit, waiting))
    waiting.consented_session_id = session.id
    outcome = await authorization.resume(visit, waiting, session.id, session.realm)
    assert outcome is not None, "it was there a moment ago"
    return show(request, outcome)


@router.post("/oauth/revoke")
async def revoke(request: Request) -> Response:
    return await _as_client(request, revocation.revoke)


@router.post("/oauth/device_authorization")
async def device_authorization(request: Request) -> Response:
    caller = caller_of(request)
    await caller.services.limiter.take(limits.DEVICE_ADDRESS.key(caller.address))
    return await _as_client(request, device.begin)


@router.post("/oauth/par")
async def push(request: Request) -> Response:
    """Whoever does not prove who they are leaves only so much here."""
    caller = caller_of(request)
    if await _need_not_prove(request, caller):
        await caller.services.limiter.take(limits.AUTHORIZE_ADDRESS.key(caller.address))
    return await _as_client(request, pushed.push, status=201)


async def _need_not_prove(request: Request, caller: Caller) -> bool:
    """Whether the client that is named keeps no secret. Others prove who they are, or leave nothing."""
    if "authorization" in request.headers:
        return False
    try:
        named = (await form_parameters(request)).get("client_id", [""])[0]
    except BadParameters:  # the endpoint will say so
        return True
    client = await Turn(caller).client(named)
    return client is None or client.is_public


@router.api_route("/oauth/userinfo", methods=["GET", "POST"])
async def user_info(request: Request) -> Response:
    try:
        token, proof = await _token_of(request)
        claims = await userinfo.claims_for(Turn(caller_of(request)), token, proof)
    except BadParameters as error:
        return _challenge(400, "invalid_request", error.detail)
    except InvalidToken as error:
        if error.reason == "no token":
            return _challenge(401, "", "")
        if error.reason == "scope":
            return _challenge(403, "insufficient_scope", "The scope openid is needed")
        return _challenge_of_token(request, error)
    return JSONResponse(claims, headers=NO_STORE)


@router.api_route("/oauth/end-session", methods=["GET", "POST"], dependencies=BODY_FIRST)
async def end_session(request: Request, visit: Visiting) -> Response:
    parameters = query_parameters(request) if request.method == "GET" else await form_parameters(request)
    outcome = await logout.end_session(visit, parameters, request.cookies)
    if isinstance(outcome, logout.Refused):
        return page(request, "refused.html", status=400, reason="The application asked for a logout wrongly.")
    if isinstance(outcome, logout.AskFirst):
        realms = [session.realm for session in outcome.sessions]
        return page(request, "sign_out.html", realms=realms, done=not realms)
    response = (
        see_other(outcome.back_to)
        if outcome.back_to
        else page(request, "sign_out.html", realm=outcome.realm, realms=[], done=True)
    )
    if outcome.realm and not await _is_signed_in(request, visit, outcome.realm):
        drop_session_cookie(response, visit, outcome.realm)
    return response


async def _asked_by_form(request: Request) -> ProtocolRequest:
    """Form body only, nothing in the address (a token there ends up in logs). Raises BadParameters."""
    parameters = await form_parameters(request)
    if request.scope["query_string"]:
        raise BadParameters("Parameters belong into the body")
    if repeated(parameters, admitted=frozenset({"resource", "audience"})):
        raise BadParameters("A parameter came twice")
    return ProtocolRequest(
        request.scope["path"],
        parameters,
        authorization=header(request.scope, b"authorization"),
        proofs=headers(request.scope, b"dpop"),
    )


async def _as_client(request: Request, endpoint: server.Endpoint, *, status: int = 200) -> Response:
    """Endpoints for clients. Whoever sends slowly, or answers slowly with a client's keys, holds nothing of
    the database meanwhile."""
    try:
        asked = await _asked_by_form(request)
    except BadParameters as error:
        return _json_error("invalid_request", error.detail)
    caller = caller_of(request)
    if "client_assertion" in asked.form:
        await assertion.fetch_keys(caller, asked.parameters)
    answer = await server.answered(Turn(caller), asked, endpoint, status=status)
    return Response(
        to_bytes(answer.body), answer.status, NO_STORE | answer.headers, media_type="application/json"
    )


def _json_error(error: str, description: str) -> Response:
    return JSONResponse({"error": error, "error_description": description}, 400, headers=NO_STORE)


async def _token_of(request: Request) -> tuple[str, Presented | None]:
    """RFC 6750 section 2: header or form body, one of them; never the address. With how the request came when
    it is `Authorization: DPoP` (RFC 9449 section 7.1). Raises InvalidToken."""
    if "access_token" in request.query_params:
        raise BadParameters("A token does not belong into the address")
    found: list[tuple[str, Presented | None]] = []
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() in (BEARER, DPOP):
        found.append((credentials.strip(), presented(request) if scheme.lower() == DPOP else None))
    if request.method == "POST" and request.headers.get("content-type"):
        found += [(token, None) for token in (await form_parameters(request)).get("access_token", [])]
    if len(found) > 1:
        raise BadParameters("The token came in two ways")
    if not found:
        raise InvalidToken("no token")
    return found[0]


def _challenge_of_token(request: Request, error: InvalidToken) -> Response:
    """In the scheme in which the token came, or has to come."""
    by_proof = error.reason == BOUND or request.headers.get("authorization", "").lower().startswith(DPOP)
    if isinstance(error, InvalidProof):
        return _challenge(401, "invalid_dpop_proof", "The DPoP proof is not acceptable", by_proof=True)
    return _challenge(401, "invalid_token", "The token is not valid here", by_proof=by_proof)


def _challenge(status: int, error: str, description: str, *, by_proof: bool = False) -> Response:
    scheme = "DPoP" if by_proof else "Bearer"
    value = f'{scheme} error="{error}", error_description="{description}"' if error else scheme
    value += f', algs="{" ".join(STRONG)}"' if by_proof else ""
    body = {"error": error, "error_description": description} if error else {}
    return JSONResponse(body, status, headers={**NO_STORE, "WWW-Authenticate": value})


async def _is_signed_in(request: Request, visit: Visit, realm: str) -> bool:
    return await sessions.find(visit, realm, cookie_secret(request, visit, realm)) is not None
