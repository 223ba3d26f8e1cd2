"""Lists: filtered, ordered, in pages (RFC 7644 section 3.4.2)."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from scim2_models import SearchRequest, TooManyException
from sqlalchemy import Select

from identity_service.protocol.resources import provisioning
from identity_service.scim import queries, views
from identity_service.scim.fields import Field, Sql
from identity_service.scim.filters import NotInSql, condition
from identity_service.scim.resources import LARGEST_PAGE, PAGE
from identity_service.scim.views import Shown
from identity_service.visit import Visit

MOST_COMPARED: Final = 2_000
"""Resources that a filter or an order is applied to outside of the database."""
_FARTHEST: Final = 2**31 - 1

Asked = SearchRequest[Any]


async def users(visit: Visit, asked: Asked) -> dict[str, Any]:
    return await _list(visit, asked, queries.users(), queries.user_count(), queries.USER_FIELDS, _users)


async def groups(visit: Visit, asked: Asked) -> dict[str, Any]:
    return await _list(visit, asked, queries.groups(), queries.group_count(), queries.GROUP_FIELDS, _groups)


async def _users(visit: Visit, statement: Select[Any], asked: Asked) -> list[Shown]:
    base = provisioning(visit.settings)
    rows = (await visit.session.execute(statement)).all()
    return [views.user_resource(account, said, inside, base) for account, said, inside in rows]


async def _groups(visit: Visit, statement: Select[Any], asked: Asked) -> list[Shown]:
    """Members are read in one statement for all groups of the page."""
    base, found = provisioning(visit.settings), (await visit.session.scalars(statement)).all()
    inside: dict[Any, list[Any]] = {group.id: [] for group in found}
    for row in await queries.members(visit.session, list(inside)):
        inside[row.group_id].append(row.account_id)
    return [views.group_resource(group, inside[group.id], base) for group in found]


async def _list(
    visit: Visit,
    asked: Asked,
    rows: Select[Any],
    count: Select[Any],
    fields: Mapping[str, Field],
    read: Any,
) -> dict[str, Any]:
    start = min(asked.start_index or 1, _FARTHEST)
    limit = min(PAGE if asked.count is None else asked.count, LARGEST_PAGE)
    try:
        where, order = _where(asked, fields), _order(asked, fields)
    except NotInSql:
        found = _compared(asked, await _everything(visit, asked, rows, count, fields, read))
        return _page(asked, found[start - 1 :][:limit], start, len(found))
    if where is not None:
        rows, count = rows.where(where), count.where(where)
    total = await visit.session.scalar(count) or 0
    page = rows.order_by(*order, fields["id"].column).offset(start - 1).limit(limit)
    return _page(asked, await read(visit, page, asked) if limit else [], start, total)


def _where(asked: Asked, fields: Mapping[str, Field]) -> Sql | None:
    return condition(asked.filter, fields) if asked.filter else None


def _order(asked: Asked, fields: Mapping[str, Field]) -> list[Any]:
    """What has no value comes last, or first when descending (section 3.4.2.3)."""
    if asked.sort_by is None:
        return [fields["meta.created"].column]
    field = fields.get(str(asked.sort_by).lower())
    if field is None or field.kind not in ("text", "time"):
        raise NotInSql
    column = field.column.collate("C") if field.kind == "text" else field.column
    if asked.sort_order == SearchRequest.SortOrder.descending:
        return [column.desc().nulls_first()]
    return [column.asc().nulls_last()]


async def _everything(
    visit: Visit,
    asked: Asked,
    rows: Select[Any],
    count: Select[Any],
    fields: Mapping[str, Field],
    read: Any,
) -> list[Shown]:
    """All that there is, unless that is too much to be compared one by one."""
    if (await visit.session.scalar(count) or 0) > MOST_COMPARED:
        raise TooManyException(detail="Filter by userName, externalId, id, or an attribute with one value")
    statement = rows.order_by(fields["meta.created"].column, fields["id"].column)
    found: list[Shown] = await read(visit, statement, asked)
    return found


def _compared(asked: Asked, everything: Sequence[Shown]) -> list[Shown]:
    found = [shown for shown in everything if not asked.filter or asked.filter.match(shown.resource)]
    by_resource = {id(shown.resource): shown for shown in found}
    return [by_resource[id(resource)] for resource in asked.sort([shown.resource for shown in found])]


def _page(asked: Asked, shown: Sequence[Shown], start: int, total: int) -> dict[str, Any]:
    return views.list_body([one.body(asked) for one in shown], start=start, total=total)
