"""The protocol's endpoints over HTTP."""

import contextlib
from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any

from authlib.oauth2.rfc6749 import OAuth2Error
from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import JSONResponse, Response

from identity_service.clients.models import Client
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
    userinfo,
)
from identity_service.protocol.answers import Refused
from identity_service.protocol.outcomes import show
from identity_service.protocol.published import publish
from identity_service.protocol.request import (
    Answer,
    BadParameters,
    Headers,
    ProtocolRequest,
    form_parameters,
    query_parameters,
    repeated,
)
from identity_service.protocol.server import Server, revocation_answer, token_answer
from identity_service.protocol.turn import Turn
from identity_service.sessions import service as sessions
from identity_service.visit import Visit
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

router = APIRouter(include_in_schema=False)


async def _client_first(request: Request) -> None:
    """A dependency that goes before `Visiting`: whoever sends slowly holds nothing of the database, and
    neither does whoever answers slowly with a client's keys."""
    if b"client_assertion" in await request.body():
        await _fetch_keys(request)


async def _fetch_keys(request: Request) -> None:
    with contextlib.suppress(BadParameters):  # the endpoint will say so
        await assertion.fetch_keys(caller_of(request), await form_parameters(request))


CLIENT_FIRST = [Depends(_client_first)]
NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}
TOO_OLD = "This request is too old. Start again at the application."


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


@router.api_route("/oauth/authorize", methods=["GET", "POST"], dependencies=BODY_FIRST)
async def authorize(request: Request, visit: Visiting) -> Response:
    parameters = query_parameters(request) if request.method == "GET" else await form_parameters(request)
    return show(request, await authorization.authorize(visit, parameters, request.cookies))


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
    outcome = await authorization.resume(visit, waiting.id, session)
    assert outcome is not None, "it was there a moment ago"
    return show(request, outcome)


@router.post("/oauth/token", dependencies=CLIENT_FIRST)
async def token(request: Request, visit: Visiting) -> Response:
    return await _as_client(request, visit, token_answer)


@router.post("/oauth/revoke", dependencies=CLIENT_FIRST)
async def revoke(request: Request, visit: Visiting) -> Response:
    return await _as_client(request, visit, revocation_answer)


@router.post("/oauth/device_authorization", dependencies=CLIENT_FIRST)
async def device_authorization(request: Request, visit: Visiting) -> Response:
    await visit.services.limiter.take(limits.DEVICE_ADDRESS.key(visit.address))
    return await _as_client(request, visit, device.authorization_answer)


@router.post("/oauth/par", dependencies=CLIENT_FIRST)
async def push(request: Request, visit: Visiting) -> Response:
    """Whoever does not prove who they are leaves only so much here."""
    if await _need_not_prove(request, visit):
        await visit.services.limiter.take(limits.AUTHORIZE_ADDRESS.key(visit.address))
    return await _as_client(request, visit, partial(pushed.push, visit))


async def _need_not_prove(request: Request, visit: Visit) -> bool:
    """Whether the client that is named keeps no secret. Others prove who they are, or leave nothing."""
    if "authorization" in request.headers:
        return False
    try:
        named = (await form_parameters(request)).get("client_id", [""])[0]
    except BadParameters:  # the endpoint will say so
        return True
    client = await visit.session.get(Client, named)
    return client is None or client.is_public


@router.post("/oauth/introspect")
async def introspect(request: Request) -> Response:
    """Without dependencies: this is asked for each request to a service."""
    try:
        await _client_first(request)
        asked = await _asked_by_form(request)
        if "token" not in asked.form:
            raise BadParameters("token is missing")
        told = await introspection.introspect(caller_of(request), asked, request.app.state.seen_tokens)
    except BadParameters as error:
        return _json_error("invalid_request", error.detail)
    except OAuth2Error as error:
        challenge = {"WWW-Authenticate": "Basic"} if error.status_code == 401 else {}
        body = dict(error.get_body())
        return JSONResponse(body, error.status_code, headers=NO_STORE | challenge)
    return JSONResponse(told, headers=NO_STORE)


@router.api_route("/oauth/userinfo", methods=["GET", "POST"], dependencies=BODY_FIRST)
async def user_info(request: Request, visit: Visiting) -> Response:
    try:
        token, proof = await _token_of(request)
        claims = await visit.session.run_sync(lambda _: userinfo.claims_for(Turn.of(visit), token, proof))
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
    issuer = services_of(request).settings.issuer
    proofs = tuple(request.headers.getlist("dpop"))
    return ProtocolRequest(issuer, request.url.path, "POST", Headers.of(request), parameters, proofs)


async def _as_client(request: Request, visit: Visit, answer_of: Any) -> Response:
    """Endpoints for clients: token, revocation, device authorization."""
    try:
        asked = await _asked_by_form(request)
    except BadParameters as error:
        return _json_error("invalid_request", error.detail)
    server = Server(Turn.of(visit))
    answer: Answer = await visit.session.run_sync(lambda _: answer_of(server, asked))
    return JSONResponse(answer.body, answer.status, headers=_answer_headers(answer.headers))


def _answer_headers(given: list[tuple[str, str]]) -> Mapping[str, str]:
    return {name: value for name, value in given if name.lower() != "content-type"} | NO_STORE


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
