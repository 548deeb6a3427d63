"""Whether a file still says what it said before it was changed, and where the rows of it are that count.

Comments, blank lines, texts that document, bodies that concern no session: most changes are in what no model holds. And
a new constant, or a new def that concerns no session, tells nobody anything as long as its name stands nowhere else.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from fastapi_session_lint import vocabulary
from fastapi_session_lint.findings import Span
from fastapi_session_lint.model.expressions import NOWHERE, Collection, Constant, Expression, Name
from fastapi_session_lint.model.stored import FORMS, Kind
from fastapi_session_lint.model.syntax import OWN_LEVEL, Assign, Assigned, Definition, Do, Module, Skipped, Statement

_MOST_NAMES = 20
"""So many names that came, went or changed are looked for in all other files."""
_TELLING = "://"
"""A text with an address may hold credentials, wherever it stands."""
_TEXT = "text"
_LITERALS = ("number", "keyword")


def moved_rows(
    before: Module | None, after: Module | None, occurrences: Callable[[str], tuple[int, int]]
) -> Mapping[int, int] | None:
    """By row of the file before, where each row that counts is now; None where the file says something else.

    Then no finding in any file is another one, but for its row. `occurrences` tells how often a name stands in the
    file as it is now, and in all others.
    """
    if before is None or after is None:
        return {} if before is after else None
    idle = _idle_names(before, after)
    if len(idle) > _MOST_NAMES or any(occurrences(name) != (count, 0) for name, count in idle.items()):
        return None
    comparison = _Comparison(before, after)
    try:
        is_same = comparison.is_same_module(idle.keys())
    except RecursionError:
        return None
    return comparison.rows if is_same and _is_rising(comparison.rows) else None


def moved(span: Span, rows: Mapping[int, int]) -> Span | None:
    """Where a span is now; None for one that is none of those that count."""
    if span in (_NO_SPAN, _START):
        return span
    if span.row not in rows or span.end_row not in rows:
        return None
    return span._replace(row=rows[span.row], end_row=rows[span.end_row])


_NO_SPAN = Span(0, 0, 0, 0)
_START = Span(1, 0, 1, 0)


def _is_rising(rows: Mapping[int, int]) -> bool:
    """Whether rows have kept their order, and no two have become one."""
    new = [rows[row] for row in sorted(rows)]
    return all(first < second for first, second in itertools.pairwise(new))


# --- what tells nobody anything --------------------------------------------------------------------------------------


def _idle_names(before: Module, after: Module) -> dict[str, int]:
    """The idle names that are not in both models alike, with how often the newer one binds them."""
    old, new = _idle(before), _idle(after)
    return {name: len(new.get(name, ())) for name in (*old, *new) if old.get(name) != new.get(name)}


def _idle(module: Module) -> dict[str, tuple[object, ...]]:
    """The names that are bound to nothing but literals and skipped defs that call nothing, with what tells them apart.

    Whether they are mentioned anywhere is another question.
    """
    found = {}
    for name, definitions in module.bindings.items():
        told = tuple(_told(one) for one in definitions)
        if None not in told and not (name.startswith("__") or name == OWN_LEVEL or _may_be_a_test(name, definitions)):
            found[name] = told
    return found


def _may_be_a_test(name: str, definitions: Iterable[Definition]) -> bool:
    """Whether pytest may call what a name is bound to, and hand it fixtures by the names of its parameters."""
    parameters = (one.parameters for one in definitions if isinstance(one, Skipped))
    return name.startswith(vocabulary.TESTS) and any(parameters)


def _told(definition: Definition) -> object:
    """What an idle definition says; None for one that is not idle."""
    match definition:
        case Assigned(value, None, "=", None, _) if _is_literal(value):
            return _literal(value)
        case Skipped(_, parameters, (), is_class):
            return parameters, is_class
    return None


def _is_literal(value: Expression) -> bool:
    """A number, a flag, None, or a display of such; texts may be addresses or statements."""
    if isinstance(value, Collection):
        return all(_is_literal(one) for one in value.items)
    return isinstance(value, Constant) and value.kind in _LITERALS


def _literal(value: Expression) -> object:
    if isinstance(value, Collection):
        return value.kind, tuple(_literal(one) for one in value.items)
    assert isinstance(value, Constant)
    return value.kind, value.value


def _binds_only(statement: Statement, names: Iterable[str]) -> bool:
    """Whether a statement does no more than to bind one of the names to a literal."""
    match statement:
        case Assign((Name(name),), value, _):
            return name in names and _is_literal(value)
    return False


# --- side by side ----------------------------------------------------------------------------------------------------


class _Comparison:
    """Two models of one file, walked through side by side; `rows` are those of the first by those of the second."""

    def __init__(self, before: Module, after: Module) -> None:
        self.rows: dict[int, int] = {}
        self._before = before
        self._after = after
        self._met: dict[int, object] = {}

    def is_same_module(self, idle: Iterable[str]) -> bool:
        """Whether the modules say the same, but for what binds the `idle` names."""
        first, second = self._before, self._after
        bodies = [[one for one in module.body if not _binds_only(one, idle)] for module in (first, second)]
        names = [
            [
                {name: one for name, one in bound.items() if name not in idle}
                for bound in (module.bindings, module.last_bindings)
            ]
            for module in (first, second)
        ]
        return self._is_same(tuple(bodies[0]), tuple(bodies[1])) and all(
            self._is_same(one, other)
            for one, other in (
                *zip(*names, strict=True),
                *((getattr(first, name), getattr(second, name)) for name in _MODULE_PARTS),
            )
        )

    def _is_same(self, first: Any, second: Any) -> bool:
        kind = type(first)
        if kind is not type(second):
            return False
        if kind is tuple:
            return len(first) == len(second) and all(map(self._is_same, first, second))
        if kind in FORMS:
            return self._is_same_node(first, second)
        if isinstance(first, Mapping):
            return list(first) == list(second) and all(self._is_same(first[name], second[name]) for name in first)
        return bool(first == second)

    def _is_same_node(self, first: Any, second: Any) -> bool:
        if id(first) in self._met:
            return self._met[id(first)] is second
        self._met[id(first)] = second
        if type(first) is Do and _is_documentation(first.value) and _is_documentation(second.value):
            return True
        form = FORMS[type(first)]
        for position, name in enumerate(form.fields):
            one, other = getattr(first, name), getattr(second, name)
            if name == "place":
                is_same = self._is_same_place(one, other)
            elif (position, Kind.NUMBERS) in form.others:
                is_same = len(one) == len(other) and all(map(self._is_same_place, one, other))
            else:
                is_same = self._is_same(one, other)
            if not is_same:
                return False
        return True

    def _is_same_place(self, first: int, second: int) -> bool:
        """Whether places agree but for their rows, which are noted down."""
        if NOWHERE in (first, second):
            return first == second
        old, new = self._before.places[first], self._after.places[second]
        is_same = (old.column, old.end_column) == (new.column, new.end_column)
        return (
            is_same
            and self.rows.setdefault(old.row, new.row) == new.row
            and self.rows.setdefault(old.end_row, new.end_row) == new.end_row
        )


_MODULE_PARTS = ("star_imports", "exports", "calls", "stores", "lambdas")


def _is_documentation(value: Expression) -> bool:
    """A text that stands alone."""
    return isinstance(value, Constant) and value.kind == _TEXT and _TELLING not in str(value.value)
