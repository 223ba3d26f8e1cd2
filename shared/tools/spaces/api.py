"""`/api/v1/spaces` and `/api/v1/groups`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from shared.kernel.errors import PreconditionRequired
from shared.kernel.paging import Page
from shared.tools.spaces import changing, lists, service, sight
from shared.tools.spaces.deps import spaces_policy
from shared.tools.spaces.schemas import (
    GrantsPreview,
    GrantsPut,
    GrantView,
    GroupCreate,
    GroupPatch,
    GroupView,
    SpaceCreate,
    SpacePatch,
    SpaceView,
)
from shared.tools.spaces.service import SpaceService, SpacesPolicy
from shared.web.asked import PageAsked, described, from_query
from shared.web.edge import API, ApiRead, ApiWrite, WriteRoute
from shared.web.json import Json, check_if_match

router = APIRouter(prefix=API, tags=["spaces"], route_class=WriteRoute)
Asked = Annotated[PageAsked, Depends(from_query(PageAsked))]
Policy = Annotated[SpacesPolicy, Depends(spaces_policy)]

SPACE: Json[SpaceView] = Json(SpaceView)
SPACES: Json[Page[SpaceView]] = Json(Page[SpaceView])
GROUP: Json[GroupView] = Json(GroupView)
GROUPS: Json[Page[GroupView]] = Json(Page[GroupView])
GRANTS: Json[Page[GrantView]] = Json(Page[GrantView])
PREVIEW: Json[GrantsPreview] = Json(GrantsPreview)


def _require_known(request: Request, version: int) -> None:
    """Raises `PreconditionRequired` without `If-Match`, `Stale` when it names another version."""
    if "if-match" not in request.headers:
        raise PreconditionRequired
    check_if_match(request, version)


@router.get(
    "/spaces",
    response_model=Page[SpaceView],
    summary="Spaces you may see",
    openapi_extra=described(PageAsked),
)
async def list_spaces(ctx: ApiRead, request: Request, asked: Asked) -> Response:
    return SPACES.page(request, await lists.spaces(ctx, asked))


@router.post("/spaces", response_model=SpaceView, status_code=201, summary="Open a space (managers)")
async def create_space(ctx: ApiWrite, policy: Policy, new: SpaceCreate) -> Response:
    space = await SpaceService(ctx.person(), policy).create(new)
    return SPACE(space, status=201, headers={"Location": f"/api/v1/spaces/{space.id}"})


@router.get("/spaces/{space_id}", response_model=SpaceView, summary="One space")
async def show_space(ctx: ApiRead, request: Request, space_id: UUID) -> Response:
    space = await service.visible_space_by_id(ctx, space_id)
    return SPACE.single(request, space, version=space.version)


@router.patch("/spaces/{space_id}", response_model=SpaceView, summary="Change or archive a space (managers)")
async def edit_space(
    ctx: ApiWrite, request: Request, policy: Policy, space_id: UUID, wanted: SpacePatch
) -> Response:
    """`If-Match` is required: 412 when somebody else was faster."""
    space = await service.visible_space_by_id(ctx.person(), space_id)
    _require_known(request, space.version)
    edited = await changing.edit_space(ctx, policy, space_id, wanted, version=space.version)
    return SPACE.single(request, edited, version=edited.version)


@router.get("/spaces/{space_id}/grants", response_model=Page[GrantView], summary="Who may do what here")
async def list_grants(ctx: ApiRead, space_id: UUID) -> Response:
    return GRANTS(Page(await service.grants(ctx, space_id)))


@router.put("/spaces/{space_id}/grants", response_model=Page[GrantView], summary="Replace all grants")
async def put_grants(
    ctx: ApiWrite, request: Request, policy: Policy, space_id: UUID, wanted: GrantsPut
) -> Response:
    space = await service.visible_space_by_id(ctx.person(), space_id)
    _require_known(request, space.version)
    return GRANTS(Page(await SpaceService(ctx, policy).put_grants(space_id, wanted, version=space.version)))


@router.post(
    "/spaces/{space_id}/grants/preview",
    response_model=GrantsPreview,
    summary="Who would gain and who would lose sight by these grants; changes nothing",
)
async def preview_grants(ctx: ApiRead, policy: Policy, space_id: UUID, wanted: GrantsPut) -> Response:
    return PREVIEW(await sight.preview(ctx, policy, space_id, wanted))


@router.get(
    "/groups",
    response_model=Page[GroupView],
    summary="Groups (managers)",
    openapi_extra=described(PageAsked),
)
async def list_groups(ctx: ApiRead, request: Request, asked: Asked) -> Response:
    return GROUPS.page(request, await lists.groups(ctx, asked))


@router.post("/groups", response_model=GroupView, status_code=201, summary="Make a group (managers)")
async def create_group(ctx: ApiWrite, policy: Policy, new: GroupCreate) -> Response:
    return GROUP(await SpaceService(ctx.person(), policy).create_group(new), status=201)


@router.get("/groups/{group_id}", response_model=GroupView, summary="One group (managers)")
async def show_group(ctx: ApiRead, request: Request, group_id: UUID) -> Response:
    group = await changing.group(ctx, group_id)
    return GROUP.single(request, group, version=group.version)


@router.patch("/groups/{group_id}", response_model=GroupView, summary="Rename a group (managers)")
async def rename_group(ctx: ApiWrite, request: Request, group_id: UUID, wanted: GroupPatch) -> Response:
    """`If-Match` is required: 412 when somebody else was faster."""
    group = await changing.group(ctx.person(), group_id)
    _require_known(request, group.version)
    renamed = await changing.rename_group(ctx, group_id, wanted, version=group.version)
    return GROUP.single(request, renamed, version=renamed.version)


@router.delete("/groups/{group_id}", status_code=204, summary="Remove a group without grants (managers)")
async def remove_group(ctx: ApiWrite, group_id: UUID) -> Response:
    await changing.remove_group(ctx.person(), group_id)
    return Response(status_code=204)


@router.put("/groups/{group_id}/members/{person_id}", status_code=204, summary="Add a member (managers)")
async def add_member(ctx: ApiWrite, policy: Policy, group_id: UUID, person_id: UUID) -> Response:
    await SpaceService(ctx.person(), policy).add_member(group_id, person_id)
    return Response(status_code=204)


@router.delete(
    "/groups/{group_id}/members/{person_id}", status_code=204, summary="Remove a member (managers)"
)
async def remove_member(ctx: ApiWrite, policy: Policy, group_id: UUID, person_id: UUID) -> Response:
    await SpaceService(ctx.person(), policy).remove_member(group_id, person_id)
    return Response(status_code=204)
