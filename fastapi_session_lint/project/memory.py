"""Remembered answers, and what becomes of a question that leads back to itself.

Such a question is answered "not known" where it comes up again; the answers that rest on this hold only until the
first one is answered, and are forgotten then: whoever asks later starts afresh. So no answer depends on what was
asked before, or in which order.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias, TypeVar

from fastapi_session_lint.project.values import Scope, Value

_DEPTH = 60
"""How deep one question may lead to others before the answer is "not known"."""
_NEVER = _DEPTH * 2
Key: TypeAlias = tuple[object, Scope]
_Subject = TypeVar("_Subject")


class Memory:
    """Answers to questions on an expression or parameter in a scope; the models never change while one asks.

    Those that hold for good are kept by the scope.
    """

    def __init__(self) -> None:
        self._open: dict[Key, int] = {}
        self._provisional: dict[Key, tuple[Value | None, int]] = {}
        self._lowest = _NEVER

    def answer(self, subject: _Subject, scope: Scope, work: Callable[[_Subject, Scope], Value | None]) -> Value | None:
        """The answer to a question, worked out when it is not known yet."""
        known = scope.answers
        if subject in known:
            return known[subject]
        key = (subject, scope)
        if key in self._open:
            self._lowest = min(self._lowest, self._open[key])
            return None
        if self._provisional and key in self._provisional:
            value, rest = self._provisional[key]
            self._lowest = min(self._lowest, rest)
            return value
        depth = len(self._open)
        if depth > _DEPTH:
            return None
        outer, self._lowest = self._lowest, _NEVER
        self._open[key] = depth
        try:
            value = work(subject, scope)
        finally:
            del self._open[key]
        if self._lowest >= depth:
            known[subject] = value
            if self._lowest == depth:
                self._forget(depth)
            self._lowest = outer
        else:
            self._postpone(key, value, depth, outer)
        return value

    def _postpone(self, key: Key, value: Value | None, depth: int, outer: int) -> None:
        """Keep an answer, with all that rest on it, until the outermost question that it rests on is answered."""
        self._provisional[key] = value, depth
        for one, (kept, rest) in self._provisional.items():
            if rest >= depth:
                self._provisional[one] = kept, self._lowest
        self._lowest = min(outer, self._lowest)

    def _forget(self, depth: int) -> None:
        self._provisional = {one: kept for one, kept in self._provisional.items() if kept[1] < depth}
