"""The registration endpoints."""

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from identity_service.limits import service as limits
from identity_service.registration import service
from identity_service.registration.errors import BadToken, RegistrationRefused
from identity_service.web import BODY_FIRST, Visiting

router = APIRouter(include_in_schema=False, dependencies=BODY_FIRST)
NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}


@router.post("/oauth/register")
async def register(request: Request, visit: Visiting) -> Response:
    await visit.services.limiter.take(limits.REGISTER_ADDRESS.key(visit.address))
    try:
        registered = await service.register(visit, _bearer(request), await request.body())
    except (BadToken, RegistrationRefused) as refusal:
        return _refused(refusal)
    return _shown(registered.document(visit.settings.issuer), 201)


@router.get("/oauth/register/{client_id}")
async def read(request: Request, visit: Visiting, client_id: str) -> Response:
    try:
        token = _bearer(request)
        client = await service.own(visit, client_id, token)
    except BadToken as refusal:
        return _refused(refusal)
    return _shown(service.Registered(client, token, None).document(visit.settings.issuer), 200)


@router.put("/oauth/register/{client_id}")
async def replace(request: Request, visit: Visiting, client_id: str) -> Response:
    try:
        client = await service.own(visit, client_id, _bearer(request))
        registered = await service.replace(visit, client, await request.body())
    except (BadToken, RegistrationRefused) as refusal:
        return _refused(refusal)
    return _shown(registered.document(visit.settings.issuer), 200)


@router.delete("/oauth/register/{client_id}")
async def remove(request: Request, visit: Visiting, client_id: str) -> Response:
    try:
        client = await service.own(visit, client_id, _bearer(request))
    except BadToken as refusal:
        return _refused(refusal)
    await service.remove(visit, client)
    return Response(status_code=204, headers=NO_STORE)


def _bearer(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise BadToken
    return token.strip()


def _shown(document: dict[str, Any], status: int) -> Response:
    return JSONResponse(document, status, headers=NO_STORE)


def _refused(refusal: BadToken | RegistrationRefused) -> Response:
    if isinstance(refusal, BadToken):
        headers = NO_STORE | {"WWW-Authenticate": 'Bearer error="invalid_token"'}
        return JSONResponse({"error": "invalid_token"}, 401, headers=headers)
    body = {"error": refusal.error, "error_description": refusal.description}
    return JSONResponse(body, 400, headers=NO_STORE)
