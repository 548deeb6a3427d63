"""Going through statements and expressions: every part, in the order of the source."""

from __future__ import annotations

from collections.abc import Iterator

from fastapi_session_lint.model.expressions import Expression, Lambda, parts_of
from fastapi_session_lint.model.syntax import (
    Assign,
    Define,
    Delete,
    Do,
    For,
    If,
    Match,
    Raise,
    Return,
    Statement,
    Suite,
    Try,
    While,
    With,
)

_COMPOUND = frozenset({If, While, For, Try, With, Match})


def suites_of(statement: Statement) -> tuple[Suite, ...]:
    """The blocks within a compound statement; a def's body is none of them."""
    match statement:
        case If(_, body, orelse, _) | While(_, body, orelse, _) | For(_, _, body, orelse, _, _):
            return (body, orelse)
        case Try(body, handlers, orelse, finalbody, _):
            return (body, *[handler.body for handler in handlers], orelse, finalbody)
        case With(_, body, _, _):
            return (body,)
        case Match(_, cases, _):
            return tuple(case.body for case in cases)
    return ()


def statements(suite: Suite) -> Iterator[Statement]:
    """Every statement of a block, those within compound statements too, but not those of nested defs."""
    waiting = [*reversed(suite)]
    while waiting:
        statement = waiting.pop()
        yield statement
        if type(statement) in _COMPOUND:
            for inner in reversed(suites_of(statement)):
                waiting += reversed(inner)


def expressions_of(statement: Statement) -> tuple[Expression, ...]:
    """The expressions that stand in a statement itself, in the order in which they are evaluated."""
    match statement:
        case Do(value, _):
            return (value,)
        case Assign(targets, value, _):
            return (value, *targets)
        case Return(value, _):
            return () if value is None else (value,)
        case Raise(value, cause, _):
            return tuple(part for part in (value, cause) if part is not None)
        case Delete(targets, _):
            return targets
        case If(test, _, _, _) | While(test, _, _, _):
            return (test,)
        case For(target, iterable, _, _, _, _):
            return (iterable, target)
        case Try(_, handlers, _, _, _):
            return tuple(handler.types for handler in handlers if handler.types is not None)
        case With(items, _, _, _):
            return tuple(part for item in items for part in (item.context, item.target) if part is not None)
        case Match(subject, cases, _):
            return (subject, *[case.guard for case in cases if case.guard is not None])
        case Define(definition, _):
            defaults = [one.default for one in getattr(definition, "parameters", ()) if one.default is not None]
            return (*definition.decorators, *defaults)
    return ()


def subexpressions(expression: Expression, into_lambdas: bool = False) -> Iterator[Expression]:
    """An expression and all its parts, outermost first."""
    waiting = [expression]
    while waiting:
        one = waiting.pop()
        yield one
        parts = list(parts_of(one))
        if into_lambdas and isinstance(one, Lambda):
            parts += [part for statement in one.function.body for part in expressions_of(statement)]
        waiting += reversed(parts)


def all_expressions(suite: Suite) -> Iterator[Expression]:
    """Every expression of a block with all its parts, but for those in nested defs and lambdas."""
    for statement in statements(suite):
        for expression in expressions_of(statement):
            yield from subexpressions(expression)


def way_to(suite: Suite, call: Expression) -> Iterator[tuple[Statement, Suite | None]]:
    """The statements around a call or any other expression, outermost first, each with the block that has it."""
    for statement in suite:
        for inner in suites_of(statement):
            way = list(way_to(inner, call))
            if way:
                yield statement, inner
                yield from way
                return
        if any(part is call for whole in expressions_of(statement) for part in subexpressions(whole)):
            yield statement, None
            return
