"""Filters of RFC 7644 section 3.4.2.2 as conditions on our tables.

What directories ask for all day becomes SQL. What has no column is not translated; the caller then compares
the resources themselves, if they are not too many.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, cast
from uuid import UUID

from scim2_models import InvalidFilterException, ScimFilter, default_comparison_key
from scim2_models.path import (
    AttributeBinding,
    AttrPath,
    CompareOperator,
    Comparison,
    FilterVisitor,
    LogicalExpr,
    LogicalOperator,
    Not,
    Present,
    ValuePath,
    coerce_value,
)
from sqlalchemy import ColumnElement, and_, false, func, not_, or_, select, true

from identity_service.scim.fields import Field, Sql
from identity_service.scim.models import GroupMember

LONGEST: Final = 2_000
DEEPEST: Final = 20


class NotInSql(Exception):
    """This filter has to be compared in Python."""


def check_size(text: str) -> None:
    """Raises InvalidFilterException for what is too long, or nested too deeply to be read."""
    depth = deepest = 0
    for character in text:
        depth += (character in "([") - (character in ")]")
        deepest = max(deepest, depth)
    if len(text) > LONGEST or deepest > DEEPEST:
        raise InvalidFilterException(detail="The filter is too long or nested too deeply")


def condition(scim_filter: ScimFilter[Any], fields: Mapping[str, Field]) -> Sql:
    """The filter in SQL, by attribute names such as `userName` or `meta.lastModified` in lower case. Raises
    NotInSql."""
    return _Translation(scim_filter, fields).visit(scim_filter.ast)


class _Translation(FilterVisitor[Sql]):
    def __init__(self, scim_filter: ScimFilter[Any], fields: Mapping[str, Field]) -> None:
        self._filter = scim_filter
        self._fields = fields

    def visit_not(self, node: Not) -> Sql:
        return not_(self.visit(node.expr))

    def visit_logical_expr(self, node: LogicalExpr) -> Sql:
        terms = [self.visit(term) for term in node.terms]
        return and_(*terms) if node.op == LogicalOperator.and_ else or_(*terms)

    def visit_present(self, node: Present) -> Sql:
        field = self._field(node.attr_path, self._filter.resolve(node.attr_path))
        there = field.column.is_not(None)
        return and_(there, field.column != "") if field.kind.startswith("text") else there

    def visit_comparison(self, node: Comparison) -> Sql:
        binding = self._filter.resolve_comparison(node.attr_path)
        field = self._field(node.attr_path, binding)
        if binding is None or node.value is None:
            raise NotInSql
        value = coerce_value(binding, node.value, node.op)
        compared = _compared(field, node.op, _key(binding, value))
        return func.coalesce(compared, node.op == CompareOperator.ne)

    def visit_value_path(self, node: ValuePath) -> Sql:
        raise NotInSql

    def _field(self, path: AttrPath, binding: AttributeBinding | None) -> Field:
        name = str(path).lower() if binding is not None else ""
        core = "urn:ietf:params:scim:schemas:core:2.0:"
        if name.startswith(core):
            name = name.removeprefix(core).partition(":")[2]
        if name not in self._fields:
            raise NotInSql
        return self._fields[name]


def _key(binding: AttributeBinding, value: Any) -> Any:
    """Text in the form in which it is compared."""
    if not isinstance(value, str):
        return value
    if "\0" in value or any(0xD800 <= ord(character) <= 0xDFFF for character in value):
        raise NotInSql
    return default_comparison_key(binding, value)


def _compared(field: Field, op: CompareOperator, value: Any) -> Sql:
    match field.kind:
        case "id" if op in (CompareOperator.eq, CompareOperator.ne):
            return _same_id(field, value, wanted=op == CompareOperator.eq)
        case "member" if op == CompareOperator.eq:
            return _has_member(field, value)
        case "flag" if op in (CompareOperator.eq, CompareOperator.ne) and isinstance(value, bool):
            return cast("Sql", field.column.is_(value == (op == CompareOperator.eq)))
        case "time" if isinstance(value, datetime) and value.tzinfo is not None:
            return _ordered(field.column, op, value)
        case "text" if isinstance(value, str):
            return _text(field.column, op, value)
    raise NotInSql


def _same_id(field: Field, value: Any, *, wanted: bool) -> Sql:
    account_id = _uuid(value)
    if account_id is None or str(account_id) != value:
        return false() if wanted else true()
    same = cast("Sql", field.column == account_id)
    return same if wanted else not_(same)


def _has_member(field: Field, value: Any) -> Sql:
    account_id = _uuid(value)
    inside = select(GroupMember.group_id).where(GroupMember.account_id == account_id)
    return cast("Sql", field.column.in_(inside)) if account_id is not None else false()


def _uuid(value: object) -> UUID | None:
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _text(column: ColumnElement[Any], op: CompareOperator, value: str) -> Sql:
    match op:
        case CompareOperator.co:
            return column.contains(value, autoescape=True)
        case CompareOperator.sw:
            return column.startswith(value, autoescape=True)
        case CompareOperator.ew:
            return column.endswith(value, autoescape=True)
    return _ordered(column.collate("C"), op, value)


def _ordered(column: ColumnElement[Any], op: CompareOperator, value: Any) -> Sql:
    comparisons = {
        CompareOperator.eq: column == value,
        CompareOperator.ne: column != value,
        CompareOperator.gt: column > value,
        CompareOperator.ge: column >= value,
        CompareOperator.lt: column < value,
        CompareOperator.le: column <= value,
    }
    if op not in comparisons:
        raise NotInSql
    return cast("Sql", comparisons[op])
