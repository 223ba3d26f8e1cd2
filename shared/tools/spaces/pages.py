"""`/manage`: spaces, who may do what in them, and groups. For everybody else these pages do not exist."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query, Request
from starlette.responses import Response

from shared.db.context import ReadContext
from shared.kernel.errors import Conflict, Invalid, Stale
from shared.tools.spaces import changing, rosters, service, sight
from shared.tools.spaces.deps import managers_only, spaces_policy
from shared.tools.spaces.navigation import Navigation
from shared.tools.spaces.schemas import GrantsPut, GroupCreate, GroupPatch, SpaceCreate, SpacePatch
from shared.tools.spaces.service import LEVELS, SpaceService, SpacesPolicy
from shared.web.csrf import own_form_only
from shared.web.edge import PageRead, PageWrite, WriteRoute
from shared.web.forms import NOTHING_WRONG, Refusal, read
from shared.web.page import ShowAgain, see, show

SLUG_RULE = {"slug": "Lower-case letters, digits and hyphens only, such as device-team."}
LABELS = {
    "slug": "Short name",
    "goal": "What it is for",
    "kinds": "What people may start in it",
    "position": "Place in the list",
    "grants": "Who may do what",
}
ABOUT_IDS = {name: f"about-{name}" for name in ("name", "goal", "position")}
Typed = Annotated[str, Form()]
Policy = Annotated[SpacesPolicy, Depends(spaces_policy)]


router = APIRouter(
    prefix="/manage",
    include_in_schema=False,
    route_class=WriteRoute,
    dependencies=[Depends(managers_only)],
)


def _forget(request: Request) -> None:
    navigation: Navigation = request.app.state.navigation
    navigation.forget()


async def _overview(request: Request, ctx: ReadContext, policy: SpacesPolicy, **values: Any) -> Response:
    defaults: dict[str, Any] = {
        "space": {"name": "", "slug": "", "goal": "", "kinds": list(policy.kinds[:1])},
        "group": {"name": "", "slug": ""},
        "space_refused": NOTHING_WRONG,
        "group_refused": NOTHING_WRONG,
    }
    return await show(
        request,
        ctx,
        "spaces/manage.html",
        all_spaces=await service.visible_spaces(ctx),
        groups=await service.groups(ctx),
        policy=policy,
        **(defaults | values),
    )


@router.get("")
async def overview(request: Request, ctx: PageRead, policy: Policy) -> Response:
    return await _overview(request, ctx, policy)


@router.post("/spaces")
async def create_space(
    request: Request,
    ctx: PageWrite,
    policy: Policy,
    name: Typed = "",
    slug: Typed = "",
    goal: Typed = "",
    kinds: Annotated[list[str] | None, Form()] = None,
) -> Response:
    typed = {"name": name, "slug": slug, "goal": goal, "kinds": kinds or []}
    try:
        space = await SpaceService(ctx, policy).create(read(SpaceCreate, SLUG_RULE, **typed))
    except (Invalid, Conflict) as problem:
        refused = Refusal(
            problem, about="slug", ids={"slug": "space-slug", "name": "space-name"}, labels=LABELS
        )
        raise ShowAgain(_overview, policy, space=typed, space_refused=refused) from None
    _forget(request)
    return see(f"/manage/spaces/{space.id}?done=space")


async def _grants(
    request: Request, ctx: ReadContext, policy: SpacesPolicy, space_id: UUID, **values: Any
) -> Response:
    space = await service.visible_space_by_id(ctx, space_id)
    held = {grant.group: grant.level for grant in await service.grants(ctx, space_id)}
    about = {"name": space.name, "goal": space.goal, "kinds": space.kinds, "position": space.position}
    defaults: dict[str, Any] = {
        "chosen": held,
        "refused": NOTHING_WRONG,
        "about": about,
        "about_refused": NOTHING_WRONG,
    }
    return await show(
        request,
        ctx,
        "spaces/grants.html",
        here=space.slug,
        space=space,
        policy=policy,
        groups=await service.groups(ctx),
        levels=list(LEVELS),
        **(defaults | values),
    )


@router.get("/spaces/{space_id:uuid}")
async def show_grants(request: Request, ctx: PageRead, policy: Policy, space_id: UUID) -> Response:
    return await _grants(request, ctx, policy, space_id)


@router.post("/spaces/{space_id:uuid}/about")
async def edit_space(
    request: Request,
    ctx: PageWrite,
    policy: Policy,
    space_id: UUID,
    version: Annotated[int, Form()],
    name: Typed = "",
    goal: Typed = "",
    position: Typed = "",
    kinds: Annotated[list[str] | None, Form()] = None,
) -> Response:
    typed: dict[str, Any] = {"name": name, "goal": goal, "kinds": kinds or [], "position": position}
    try:
        wanted = read(SpacePatch, **typed)
        await changing.edit_space(ctx, policy, space_id, wanted, version=version)
    except (Invalid, Stale) as problem:
        refused = Refusal(problem, ids=ABOUT_IDS, labels=LABELS)
        raise ShowAgain(_grants, policy, space_id, about=typed, about_refused=refused) from None
    _forget(request)
    return see(f"/manage/spaces/{space_id}?done=about")


@router.post("/spaces/{space_id:uuid}/archive")
async def archive_space(
    request: Request,
    ctx: PageWrite,
    policy: Policy,
    space_id: UUID,
    archived: Annotated[bool, Form()],
    version: Annotated[int, Form()],
) -> Response:
    try:
        await changing.edit_space(ctx, policy, space_id, SpacePatch(archived=archived), version=version)
    except Stale as problem:
        raise ShowAgain(_grants, policy, space_id, about_refused=Refusal(problem)) from None
    _forget(request)
    return see(f"/manage/spaces/{space_id}?done={'archived' if archived else 'opened'}")


async def _chosen(request: Request, ctx: ReadContext) -> dict[UUID, str]:
    """The form has one field per group, named by its id."""
    form = await request.form()
    asked = [group.id for group in await service.groups(ctx)]
    return {group: str(form[str(group)]) for group in asked if form.get(str(group))}


def _wanted(chosen: dict[UUID, str]) -> GrantsPut:
    return read(GrantsPut, grants=[{"group": group, "level": level} for group, level in chosen.items()])


@router.post("/spaces/{space_id:uuid}/preview", dependencies=[Depends(own_form_only)])
async def preview_grants(
    request: Request, ctx: PageRead, policy: Policy, space_id: UUID, back: Typed = ""
) -> Response:
    """Who gains and who loses sight, before anything is changed; `back` leads to the choices again."""
    chosen = await _chosen(request, ctx)
    if back:
        return await _grants(request, ctx, policy, space_id, chosen=chosen)
    try:
        seen = await sight.preview(ctx, policy, space_id, _wanted(chosen))
    except (Invalid, Conflict) as problem:
        refused = Refusal(problem, ids={"grants": "grants"})
        return await _grants(request, ctx, policy, space_id, chosen=chosen, refused=refused, status=422)
    space = await service.visible_space_by_id(ctx, space_id)
    values: dict[str, Any] = {"space": space, "preview": seen, "chosen": chosen}
    return await show(request, ctx, "spaces/grants_preview.html", here=space.slug, **values)


@router.post("/spaces/{space_id:uuid}")
async def put_grants(
    request: Request, ctx: PageWrite, policy: Policy, space_id: UUID, version: Annotated[int, Form()]
) -> Response:
    chosen = await _chosen(request, ctx)
    try:
        wanted = _wanted(chosen)
        await SpaceService(ctx, policy).put_grants(space_id, wanted, version=version)
    except (Invalid, Conflict, Stale) as problem:
        refused = Refusal(problem, ids={"grants": "grants"})
        raise ShowAgain(_grants, policy, space_id, chosen=chosen, refused=refused) from None
    _forget(request)
    return see(f"/manage/spaces/{space_id}?done=grants")


@router.post("/groups")
async def create_group(
    request: Request, ctx: PageWrite, policy: Policy, name: Typed = "", slug: Typed = ""
) -> Response:
    typed = {"name": name, "slug": slug}
    try:
        group = await SpaceService(ctx, policy).create_group(read(GroupCreate, SLUG_RULE, **typed))
    except (Invalid, Conflict) as problem:
        refused = Refusal(
            problem, about="slug", ids={"slug": "group-slug", "name": "group-name"}, labels=LABELS
        )
        raise ShowAgain(_overview, policy, group=typed, group_refused=refused) from None
    return see(f"/manage/groups/{group.id}?done=group")


async def _group(
    request: Request, ctx: ReadContext, group_id: UUID, name: str = "", **values: Any
) -> Response:
    roster = await rosters.roster(ctx, group_id)
    found = await rosters.people_named(ctx, name, outside=group_id)
    used = await changing.spaces_of_group(ctx, group_id)
    defaults: dict[str, Any] = {"title": roster.group.name, "refused": NOTHING_WRONG}
    return await show(
        request,
        ctx,
        "spaces/group.html",
        roster=roster,
        found=found,
        name=name,
        used=used,
        **(defaults | values),
    )


@router.get("/groups/{group_id:uuid}")
async def show_group(
    request: Request, ctx: PageRead, group_id: UUID, name: Annotated[str, Query(max_length=100)] = ""
) -> Response:
    return await _group(request, ctx, group_id, name)


@router.post("/groups/{group_id:uuid}")
async def rename_group(
    ctx: PageWrite, group_id: UUID, version: Annotated[int, Form()], name: Typed = ""
) -> Response:
    try:
        await changing.rename_group(ctx, group_id, read(GroupPatch, name=name), version=version)
    except (Invalid, Conflict, Stale) as problem:
        refused = Refusal(problem, ids={"name": "group-name"})
        raise ShowAgain(_group, group_id, title=name, refused=refused) from None
    return see(f"/manage/groups/{group_id}?done=renamed")


@router.post("/groups/{group_id:uuid}/remove")
async def remove_group(ctx: PageWrite, group_id: UUID) -> Response:
    try:
        await changing.remove_group(ctx, group_id)
    except Conflict as problem:
        raise ShowAgain(_group, group_id, refused=Refusal(problem)) from None
    return see("/manage?done=group-removed")


@router.post("/groups/{group_id:uuid}/members")
async def change_members(
    ctx: PageWrite,
    policy: Policy,
    group_id: UUID,
    add: Annotated[UUID | None, Form()] = None,
    remove: Annotated[UUID | None, Form()] = None,
) -> Response:
    changes = SpaceService(ctx, policy)
    if add:
        await changes.add_member(group_id, add)
    if remove:
        await changes.remove_member(group_id, remove)
    return see(f"/manage/groups/{group_id}?done=members")
