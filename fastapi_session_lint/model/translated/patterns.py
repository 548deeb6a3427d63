"""Patterns of `match` statements of libcst as `ast` has them."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

import libcst as cst

from fastapi_session_lint.model.translated.expressions import ExpressionTranslation
from fastapi_session_lint.model.translated.names import identifier, optional_identifier
from fastapi_session_lint.model.translated.places import Places, Position, moved

_SINGLETONS: dict[str, bool | None] = {"None": None, "True": True, "False": False}


class PatternTranslation:
    """The patterns of one module."""

    def __init__(self, places: Places, expressions: ExpressionTranslation) -> None:
        """A translation that has seen nothing yet."""
        self._places = places
        self._expressions = expressions

    def pattern(self, node: cst.MatchPattern | cst.MatchStar | cst.MatchSequenceElement) -> ast.pattern:
        """One pattern."""
        return _TRANSLATE[type(node)](self, node)

    def _value(self, node: cst.MatchValue) -> ast.pattern:
        return ast.MatchValue(value=self._expressions.expression(node.value), **self._places.of(node.value))

    def _singleton(self, node: cst.MatchSingleton) -> ast.pattern:
        return ast.MatchSingleton(value=_SINGLETONS[node.value.value], **self._places.of(node.value))

    def _element(self, node: cst.MatchSequenceElement) -> ast.pattern:
        return self.pattern(node.value)

    def _star(self, node: cst.MatchStar) -> ast.pattern:
        return ast.MatchStar(name=optional_identifier(node.name), **self._star_position(node))

    def _star_position(self, node: cst.MatchStar) -> Position:
        if node.name is not None:
            return self._places.between(node, node.name)
        end = moved(self._places.end(node.whitespace_before_name), len("_"))
        return self._places.span(self._places.start(node), end)

    def _tuple(self, node: cst.MatchTuple) -> ast.pattern:
        patterns = [self.pattern(one) for one in node.patterns]
        return ast.MatchSequence(patterns=patterns, **self._places.within(node))

    def _list(self, node: cst.MatchList) -> ast.pattern:
        """In brackets, or elements with commas between them alone; no whitespace follows the last comma of those."""
        return ast.MatchSequence(patterns=[self.pattern(one) for one in node.patterns], **self._places.of(node))

    def _mapping(self, node: cst.MatchMapping) -> ast.pattern:
        return ast.MatchMapping(
            keys=[self._expressions.expression(one.key) for one in node.elements],
            patterns=[self.pattern(one.pattern) for one in node.elements],
            rest=optional_identifier(node.rest),
            **self._places.of(node),
        )

    def _class(self, node: cst.MatchClass) -> ast.pattern:
        return ast.MatchClass(
            cls=self._expressions.expression(node.cls),
            patterns=[self.pattern(one) for one in node.patterns],
            kwd_attrs=[identifier(one.key) for one in node.kwds],
            kwd_patterns=[self.pattern(one.pattern) for one in node.kwds],
            **self._places.of(node),
        )

    def _as(self, node: cst.MatchAs) -> ast.pattern:
        """A capture, `pattern as name`, or the wildcard, which has neither."""
        inner = self.pattern(node.pattern) if node.pattern else None
        return ast.MatchAs(pattern=inner, name=optional_identifier(node.name), **self._places.of(node))

    def _or(self, node: cst.MatchOr) -> ast.pattern:
        return ast.MatchOr(patterns=[self.pattern(one.pattern) for one in node.patterns], **self._places.of(node))


_TRANSLATE: dict[type[cst.CSTNode], Callable[[PatternTranslation, Any], ast.pattern]] = {
    cst.MatchValue: PatternTranslation._value,
    cst.MatchSingleton: PatternTranslation._singleton,
    cst.MatchSequenceElement: PatternTranslation._element,
    cst.MatchStar: PatternTranslation._star,
    cst.MatchTuple: PatternTranslation._tuple,
    cst.MatchList: PatternTranslation._list,
    cst.MatchMapping: PatternTranslation._mapping,
    cst.MatchClass: PatternTranslation._class,
    cst.MatchAs: PatternTranslation._as,
    cst.MatchOr: PatternTranslation._or,
}
