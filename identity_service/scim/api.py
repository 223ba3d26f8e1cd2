"""SCIM 2.0 over HTTP (RFC 7644 section 3.2), at /scim/v2."""

import json
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request
from scim2_models import (
    Context,
    Error,
    ForbiddenException,
    InvalidSyntaxException,
    NotFoundException,
    NotImplementedException,
    PatchOp,
    PayloadTooLargeException,
    Resource,
    ResponseParameters,
    SearchRequest,
)
from starlette.responses import Response

from identity_service.protocol.resources import provisioning
from identity_service.scim import search
from identity_service.scim.errors import NO_STORE, MethodNotAllowed, ScimRoute, answer, error_answer
from identity_service.scim.filters import check_size
from identity_service.scim.groups import Groups
from identity_service.scim.resources import POLICY, PROVIDER, Group, StaffUser
from identity_service.scim.tokens import Directory, authenticated
from identity_service.scim.users import Users
from identity_service.scim.views import Shown, list_body
from identity_service.visit import Visit
from identity_service.web import Visiting, services_of

LARGEST_BODY: Final = 1_048_576
MOST_OPERATIONS: Final = 1_000

router = APIRouter(prefix="/scim/v2", include_in_schema=False, route_class=ScimRoute)


async def _whole_body(request: Request) -> None:
    """Before anything of the database is held."""
    if len(await request.body()) > LARGEST_BODY:
        raise PayloadTooLargeException(detail=f"A request has {LARGEST_BODY} bytes at most")


async def _directory(request: Request, visit: Visiting) -> Directory:
    return await authenticated(visit, request.headers.get("authorization", ""))


BODY_FIRST: Final = [Depends(_whole_body)]
Provisioning = Annotated[Directory, Depends(_directory)]


def _parsed(body: bytes) -> Any:
    """Raises InvalidSyntaxException, also for text that no database keeps."""
    try:
        document = json.loads(body)
        json.dumps(document, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise InvalidSyntaxException(detail="The body is not JSON") from None
    if b"\\u0000" in body or b"\0" in body:
        raise InvalidSyntaxException(detail="Text must not hold the character U+0000")
    return document


async def _resource(request: Request, model: type[Any], context: Context) -> Any:
    return model.model_validate(_parsed(await request.body()), scim_ctx=context, scim_policy=POLICY)


async def _operations(request: Request, model: type[Any]) -> Any:
    document = _parsed(await request.body())
    listed = document.get("Operations") if isinstance(document, dict) else None
    if isinstance(listed, list) and len(listed) > MOST_OPERATIONS:
        raise PayloadTooLargeException(detail=f"{MOST_OPERATIONS} operations at most")
    for operation in listed if isinstance(listed, list) else []:
        check_size(str(operation.get("path", "")) if isinstance(operation, dict) else "")
    patch: Any = PatchOp[model]  # type: ignore[valid-type] # chosen at run time
    return patch.model_validate(document, scim_ctx=Context.RESOURCE_PATCH_REQUEST, scim_policy=POLICY)


def _selection(request: Request) -> ResponseParameters[Any]:
    query = request.query_params
    names = ("attributes", "excludedAttributes")
    return ResponseParameters[Any].model_validate(
        {name: query[name] for name in names if name in query}, scim_policy=POLICY
    )


def _asked(values: dict[str, Any], model: type[Any]) -> SearchRequest[Any]:
    check_size(str(values.get("filter") or ""))
    wanted: Any = SearchRequest[model]  # type: ignore[valid-type] # chosen at run time
    asked: SearchRequest[Any] = wanted.model_validate(values, scim_policy=POLICY)
    return asked


def _one(request: Request, shown: Shown, status: int = 200) -> Response:
    headers = {"ETag": shown.version, "Location": str(shown.resource.meta.location)}  # type: ignore[union-attr] # always made
    if request.method == "GET" and request.headers.get("if-none-match") == shown.version:
        return Response(status_code=304, headers=NO_STORE | headers)
    return answer(shown.body(_selection(request)), status, headers)


def _use_cases(kind: str, visit: Visit, directory: Directory) -> Users | Groups:
    return Users(visit, directory) if kind == "Users" else Groups(visit, directory)


MODELS: Final[dict[str, type[Resource[Any]]]] = {"Users": StaffUser, "Groups": Group}
LISTS: Final = {"Users": search.users, "Groups": search.groups}
DISCOVERY: Final = ("ServiceProviderConfig", "ResourceTypes", "Schemas")


def _kind(kind: str) -> type[Any]:
    if kind in DISCOVERY:
        raise MethodNotAllowed
    if kind not in MODELS:
        raise NotFoundException(detail="There is no such endpoint")
    return MODELS[kind]


@router.get("/ServiceProviderConfig")
@router.get("/ResourceTypes")
@router.get("/Schemas")
@router.get("/ResourceTypes/{name}")
@router.get("/Schemas/{name}")
async def describe(request: Request, name: str | None = None) -> Response:
    """Section 4. Anybody may read what this service can do; filters are refused there."""
    if "filter" in request.query_params:
        raise ForbiddenException(detail="What describes the service is not filtered")
    base = provisioning(services_of(request).settings)
    kind = request.url.path.removeprefix("/scim/v2/").partition("/")[0]
    if kind == "ServiceProviderConfig":
        return answer(_described(PROVIDER.config, kind, f"{base}/{kind}"))
    known: dict[str, Any] = {
        str(one.id): one for one in (PROVIDER.schemas if kind == "Schemas" else PROVIDER.resource_types)
    }
    bodies = {key: _described(one, kind[:-1], f"{base}/{kind}/{key}") for key, one in known.items()}
    if name is not None:
        if name not in bodies:
            raise NotFoundException(detail="There is no such description")
        return answer(bodies[name])
    return answer(list_body(list(bodies.values()), start=1, total=len(bodies)))


def _described(resource: Any, kind: str, location: str) -> dict[str, Any]:
    body: dict[str, Any] = resource.model_dump(scim_ctx=Context.RESOURCE_QUERY_RESPONSE)
    return body | {"meta": {"resourceType": kind, "location": location}}


@router.get("/{kind}")
async def list_resources(request: Request, visit: Visiting, directory: Provisioning, kind: str) -> Response:
    asked = _asked(dict(request.query_params), _kind(kind))
    return answer(await LISTS[kind](visit, asked))


@router.post("/{kind}/.search", dependencies=BODY_FIRST)
async def search_resources(request: Request, visit: Visiting, directory: Provisioning, kind: str) -> Response:
    model, document = _kind(kind), _parsed(await request.body())
    if not isinstance(document, dict):
        raise InvalidSyntaxException(detail="The body must be a search request")
    return answer(await LISTS[kind](visit, _asked(document, model)))


@router.post("/.search")
async def search_everything(directory: Provisioning) -> Response:
    raise NotImplementedException(detail="Search in /Users or in /Groups")


@router.post("/{kind}", dependencies=BODY_FIRST)
async def create(request: Request, visit: Visiting, directory: Provisioning, kind: str) -> Response:
    wanted = await _resource(request, _kind(kind), Context.RESOURCE_CREATION_REQUEST)
    return _one(request, await _use_cases(kind, visit, directory).create(wanted), 201)


@router.get("/{kind}/{resource_id}")
async def get(
    request: Request, visit: Visiting, directory: Provisioning, kind: str, resource_id: str
) -> Response:
    _kind(kind)
    return _one(request, await _use_cases(kind, visit, directory).one(resource_id))


@router.put("/{kind}/{resource_id}", dependencies=BODY_FIRST)
async def replace(
    request: Request, visit: Visiting, directory: Provisioning, kind: str, resource_id: str
) -> Response:
    wanted = await _resource(request, _kind(kind), Context.RESOURCE_REPLACEMENT_REQUEST)
    if_match = request.headers.get("if-match")
    return _one(request, await _use_cases(kind, visit, directory).replace(resource_id, wanted, if_match))


@router.patch("/{kind}/{resource_id}", dependencies=BODY_FIRST)
async def patch(
    request: Request, visit: Visiting, directory: Provisioning, kind: str, resource_id: str
) -> Response:
    operations = await _operations(request, _kind(kind))
    if_match = request.headers.get("if-match")
    return _one(request, await _use_cases(kind, visit, directory).patch(resource_id, operations, if_match))


@router.delete("/{kind}/{resource_id}")
async def delete(
    request: Request, visit: Visiting, directory: Provisioning, kind: str, resource_id: str
) -> Response:
    _kind(kind)
    await _use_cases(kind, visit, directory).delete(resource_id, request.headers.get("if-match"))
    return Response(status_code=204, headers=NO_STORE)


@router.api_route("/{rest:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
async def nothing_here(rest: str) -> Response:
    """Whatever is asked for under this address is answered in SCIM's own form."""
    if rest.partition("/")[0] in (*DISCOVERY, *MODELS):
        return error_answer(MethodNotAllowed().to_error())
    return error_answer(Error(status=404, detail="There is no such endpoint"))
