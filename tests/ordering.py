"""Whether the order of a statement's rows is decided by its ORDER BY, or left to the database where keys are equal.

Rows that share all their keys come in any order: on one machine in that of their making, on another not. So
the keys must determine the row: they hold a unique key of each table that the rows are joined from, or one
from which the others follow by the equalities of the statement's conditions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakSet

from sqlalchemy import Column, Table, UniqueConstraint, event
from sqlalchemy.engine import Engine
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import (
    BinaryExpression,
    BindParameter,
    BooleanClauseList,
    ColumnClause,
    Grouping,
    Label,
    UnaryExpression,
    _label_reference,
)
from sqlalchemy.sql.selectable import (
    AliasedReturnsRows,
    CompoundSelect,
    Join,
    ScalarSelect,
    Select,
    SelectStatementGrouping,
    TableClause,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    Name = tuple[str, str]
    """Of a column: its table's name, or its alias, and its own."""


class UndecidedOrder(AssertionError):
    """A statement's ORDER BY leaves the order of some rows to the database."""


def decides_order(statement: object) -> bool:
    """Whether the order of the rows is decided; true of a statement that asks for none."""
    if not isinstance(statement, Select) or not statement._order_by_clauses:
        return True
    return _determines(statement, list(statement._order_by_clauses))


def _determines(statement: Select, known: list[object]) -> bool:
    """Whether rows of the statement with equal values of `known` are one row, or show the same."""
    froms, conditions = _taken_apart(statement)
    tables = {name for one in froms if (name := _name(one))}
    equal = [sides for condition in conditions for sides in _equalities(condition)]
    latest = [found for condition in conditions for found in _latest_only(condition)]
    found = {_column(one) for one in map(_bare, known)} - {None}
    compared: set[Name] = set()  # NULL equals nothing, so these hold a value, whatever the column allows
    whole: set[str] = set()
    before = -1
    while before != len(found) + len(whole):
        before = len(found) + len(whole)
        for one, other in equal:
            followed = _followed(one, other, found, tables) | _followed(other, one, found, tables)
            found, compared = found | followed, compared | followed
        for one in froms:
            columns = {column for table, column in found if table == _name(one)}
            if _name(one) in whole:
                continue
            filled = {column for table, column in compared if table == _name(one)}
            if _is_key(one, columns, filled) or any(
                name == _name(one) and key <= columns for name, key in latest
            ):
                whole.add(_name(one))
                found |= {(_name(one), column.key) for column in one.c}
    groups = [one for clause in statement._group_by_clauses for one in getattr(clause, "clauses", (clause,))]
    expressions = [_bare(one) for one in known]
    shown = list(statement.selected_columns)
    return (not groups and whole == tables) or any(
        all(
            _column(_bare(one)) in found or any(_bare(one).compare(other) for other in expressions)
            for one in telling
        )
        for telling in (groups, shown)
        if telling
    )


def _taken_apart(statement: Select) -> tuple[list[object], list[object]]:
    """The tables, aliases and subqueries of FROM, and the conditions of ON and WHERE that all hold."""
    froms: list[object] = []
    conditions: list[object] = []
    waiting = list(statement.get_final_froms())
    while waiting:
        one = waiting.pop()
        if isinstance(one, Join):
            waiting += [one.left, one.right]
            conditions.append(one.onclause)
        else:
            froms.append(one)
    conditions += statement._where_criteria
    return froms, conditions


def _parts(condition: object) -> Iterator[object]:
    """The conditions of which all hold when this one does."""
    condition = _bare(condition)
    if isinstance(condition, BooleanClauseList) and condition.operator is operators.and_:
        for one in condition.clauses:
            yield from _parts(one)
    else:
        yield condition


def _equalities(condition: object) -> Iterator[tuple[object, object]]:
    for part in _parts(condition):
        if isinstance(part, BinaryExpression):
            equal = part.operator in (operators.eq, operators.is_)
            if equal or (part.operator is operators.in_op and _names_parents(part.right)):
                yield _bare(part.left), _bare(part.right)


def _names_parents(value: object) -> bool:
    """Whether these are the keys by which SQLAlchemy loads a relationship: its rows are ordered for each parent."""
    return isinstance(value, BindParameter) and value.key == "primary_keys"


def _latest_only(condition: object) -> Iterator[tuple[str, set[str]]]:
    """Of NOT EXISTS (a later row with equal columns): the table, and the columns of which it keeps one row each."""
    condition = _bare(condition)
    if not (isinstance(condition, UnaryExpression) and condition.operator is operators.inv):
        return
    inner = condition.element
    while isinstance(inner, UnaryExpression | Grouping | ScalarSelect | SelectStatementGrouping):
        inner = inner.element
    if not isinstance(inner, Select):
        return
    _, inner_conditions = _taken_apart(inner)
    parts = [part for one in inner_conditions for part in _parts(one)]
    equal = [sides for part in parts for sides in _equalities(part)]
    for part in parts:
        if isinstance(part, BinaryExpression) and part.operator is operators.gt:
            later, this = _column(_bare(part.left)), _column(_bare(part.right))
            if later and this and later[1] == this[1]:
                yield (
                    this[0],
                    {
                        name[1]
                        for sides in equal
                        for side in sides
                        if (name := _column(side)) and name[0] == this[0]
                    },
                )


def _followed(one: object, other: object, found: set[Name], tables: set[str]) -> set[Name]:
    """The column on one side of an equality, where the other side is a value or a column that is known."""
    name, from_name = _column(one), _column(other)
    if name is None or name[0] not in tables:
        return set()
    fixed = from_name in found if from_name and from_name[0] in tables else not _reads(other, tables)
    return {name} if fixed else set()


def _reads(expression: object, tables: set[str]) -> bool:
    """Whether the expression depends on the statement's own tables."""
    return any(_name(one) in tables for one in getattr(expression, "_from_objects", ()))


def _is_key(selectable: object, columns: set[str], filled: set[str] = frozenset()) -> bool:
    """Whether at most one row of a table, an alias or a subquery has given values of these columns.

    `filled` are those that cannot be NULL in the statement, though their column allows it.
    """
    if isinstance(selectable, Table):
        return any(key <= columns for key in _unique_keys(selectable, filled))
    if isinstance(selectable, TableClause):
        return True  # written down by a migration, without its keys
    if isinstance(selectable, AliasedReturnsRows):
        element = selectable.element
        if isinstance(element, CompoundSelect):
            return {column.key for column in selectable.c} <= columns
        if isinstance(element, Select):
            pairs = zip(selectable.c, element.selected_columns, strict=True)
            return _determines(element, [inner for outer, inner in pairs if outer.key in columns])
        return _is_key(element, columns, filled)
    return isinstance(selectable, Grouping) and _is_key(selectable.element, columns, filled)


def _unique_keys(table: Table, filled: set[str]) -> Iterator[set[str]]:
    yield {column.key for column in table.primary_key}
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint) and not any(
            column.nullable and column.key not in filled for column in constraint.columns
        ):
            yield {column.key for column in constraint.columns}
    for index in table.indexes:
        if index.unique and not any(
            options.get("where") is not None for options in index.dialect_options.values()
        ):
            yield {column.key for column in index.columns}


def _bare(expression: object) -> object:
    """The expression without its direction, label or brackets."""
    while isinstance(expression, Label | Grouping | _label_reference) or (
        isinstance(expression, UnaryExpression) and expression.modifier is not None
    ):
        expression = expression.element
    return expression


def _column(expression: object) -> Name | None:
    if isinstance(expression, Column | ColumnClause) and expression.table is not None:
        return _name(expression.table), expression.key
    return None


def _name(selectable: object) -> str:
    return str(getattr(selectable, "name", ""))


_seen: WeakSet[object] = WeakSet()
"""Compiled statements that decide their order; SQLAlchemy keeps and reuses them."""


def watch() -> None:
    """From now on a statement that leaves its order open fails where it is executed."""
    event.listen(Engine, "before_cursor_execute", _check)


def _check(
    _connection: object, _cursor: object, sql: str, _values: object, context: object, _many: bool
) -> None:
    compiled = getattr(context, "compiled", None)
    if compiled is None or compiled in _seen:
        return
    if not decides_order(getattr(compiled.compile_state, "statement", None)):
        raise UndecidedOrder(
            f"rows with equal keys come in any order; end ORDER BY in a unique column: {sql}"
        )
    _seen.add(compiled)
