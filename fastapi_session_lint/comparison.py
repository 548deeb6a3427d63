"""Whether a file still says what it said before it was changed, and where the places in it are that count.

Comments, blank lines, documentation, sentences for people, bodies that concern no session: most changes are in what no
model holds, or in what no rule reads. And there are names that tell nobody anything, see idle.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, TypeAlias

from fastapi_session_lint.findings import Span
from fastapi_session_lint.idle import ADDRESS, binds_only, idle_names
from fastapi_session_lint.model.expressions import NOWHERE, Collection, Constant, Expression, Subscript
from fastapi_session_lint.model.stored import FORMS, Kind
from fastapi_session_lint.model.syntax import Do, Module
from fastapi_session_lint.others import Others

_TEXT = "text"
_STATEMENTS = (
    "select insert update delete merge replace with values table call exec execute do copy load create drop alter"
    " truncate comment grant revoke begin start commit end rollback abort savepoint release set reset show explain"
    " analyze vacuum pragma lock unlock use listen notify declare fetch prepare deallocate refresh reindex attach"
    " detach"
)
"""How statements of SQL begin."""
_SENTENCE = re.compile(rf"(?!(?:{_STATEMENTS.replace(' ', '|')})\b)[^\W\d_][^:=]*\s[^:=]*", re.IGNORECASE)
"""Words that are no SQL, no address, no `key=value` and no `:parameter`: a sentence for people, or how one begins."""
_Place: TypeAlias = tuple[int, int]


class Moves(NamedTuple):
    """Where the places of a file that count are now, by (row, column)."""

    places: Mapping[_Place, _Place]

    def moved(self, span: Span) -> Span | None:
        """Where a span is now; None for one that is none of those that count."""
        if span in (_NO_SPAN, _START):
            return span
        start, end = self.places.get((span.row, span.column)), self.places.get((span.end_row, span.end_column))
        return None if start is None or end is None else Span(*start, *end)


_NO_SPAN = Span(0, 0, 0, 0)
_START = Span(1, 0, 1, 0)


def moves(before: Module | None, after: Module | None, others: Others) -> Moves | None:
    """Where everything in the file before is now; None where the file says something else.

    Then no finding in any file is another one, but for its place. `others` are all other files of the project.
    """
    if before is None or after is None:
        return Moves({}) if before is after else None
    comparison = _Comparison(before, after)
    try:
        idle = idle_names(before, after, others)
        is_same = idle is not None and comparison.is_same_module(idle)
    except RecursionError:
        return None
    is_rising = _is_rising(comparison.rows) and _is_rising(comparison.places)
    return Moves(comparison.places) if is_same and is_rising else None


def _is_rising(moved: Mapping[Any, Any]) -> bool:
    """Whether rows, or places, have kept their order, and no two have become one."""
    new = [moved[one] for one in sorted(moved)]
    return all(first < second for first, second in itertools.pairwise(new))


class _Comparison:
    """Two models of one file, walked through side by side; `rows` and `places` of the first by those of the second."""

    def __init__(self, before: Module, after: Module) -> None:
        self.rows: dict[int, int] = {}
        self.places: dict[_Place, _Place] = {}
        self._before = before
        self._after = after
        self._met: dict[int, object] = {}
        self._texts: dict[object, object] = {}
        self._texts_before: dict[object, object] = {}

    def is_same_module(self, idle: Iterable[str]) -> bool:
        """Whether the modules say the same, but for what binds the `idle` names."""
        first, second = self._before, self._after
        bodies = [[one for one in module.body if not binds_only(one, idle)] for module in (first, second)]
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
            elif type(first) is Constant and name == "value":
                is_same = self._is_same_literal(first, second)
            else:
                is_same = self._is_same(one, other)
            if not is_same:
                return False
        return _keys(first) == _keys(second)

    def _is_same_literal(self, first: Constant, second: Constant) -> bool:
        """Whether two literals of one kind are the same, or sentences of which one always stands for the other."""
        if first.kind != _TEXT:
            return first.value == second.value
        is_paired = self._texts.setdefault(first.value, second.value) == second.value
        is_paired = self._texts_before.setdefault(second.value, first.value) == first.value and is_paired
        return is_paired and (first.value == second.value or (_is_sentence(first) and _is_sentence(second)))

    def _is_same_place(self, first: int, second: int) -> bool:
        """Whether both are places, or both none; where the one is in the other file is noted down."""
        if NOWHERE in (first, second):
            return first == second
        old, new = self._before.places[first], self._after.places[second]
        return (
            self.rows.setdefault(old.row, new.row) == new.row
            and self.rows.setdefault(old.end_row, new.end_row) == new.end_row
            and self.places.setdefault((old.row, old.column), (new.row, new.column)) == (new.row, new.column)
            and self.places.setdefault((old.end_row, old.end_column), (new.end_row, new.end_column))
            == (new.end_row, new.end_column)
        )


_MODULE_PARTS = ("star_imports", "exports", "calls", "stores", "lambdas")


def _keys(node: object) -> tuple[object, ...]:
    """The texts under which something is kept, or looked up: `held["key"]`, `{"key": …}`."""
    match node:
        case Subscript(_, Constant(_, text, _)):
            return (text,)
        case Collection("dict", items):
            return tuple(one.value for one in items[::2] if isinstance(one, Constant))
    return ()


def _is_sentence(text: Constant) -> bool:
    return _SENTENCE.fullmatch(str(text.value)) is not None


def _is_documentation(value: Expression) -> bool:
    """A text that stands alone."""
    return isinstance(value, Constant) and value.kind == _TEXT and ADDRESS not in str(value.value)
