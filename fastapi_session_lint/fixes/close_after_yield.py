"""A dependency's close put where an endpoint's error cannot skip it: only the close, a commit stays in the try."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from fastapi_session_lint.findings import Applicability, Fix, Repair
from fastapi_session_lint.fixes.edits import Draft
from fastapi_session_lint.fixes.final_clause import TRIES, Guarded, call_close, closes_at_last, write_finally
from fastapi_session_lint.fixes.names import escapes, is_captured, is_taken, mentions, scope_mentions
from fastapi_session_lint.fixes.removal import drop, spare_closes
from fastapi_session_lint.fixes.sessions import (
    Creation,
    call_text,
    close_at,
    is_one_call,
    only_creation,
    own_nodes,
)
from fastapi_session_lint.fixes.suites import Shape, Suite, reshape, statement_of, suite_of
from fastapi_session_lint.fixes.tree import Tree


def close_after_yield(tree: Tree, repair: Repair) -> Fix | None:
    """try/finally around the yield, or the close in the finally clause that is there, or a close that is called."""
    given = tree.find(repair.span, cst.Yield)
    function = tree.scope(given) if given else None
    if given is None or not isinstance(function, cst.FunctionDef):
        return None
    if repair.is_async and function.asynchronous is None:
        return None
    if not scope_mentions(tree, function, repair.subject):
        return _name_and_close(tree, given, repair)
    made = only_creation(tree, function, repair.subject)
    attempts = [above for above in tree.ancestors(given) if isinstance(above, TRIES)]
    if made is None or any(closes_at_last(attempt, made.name, repair.is_async) for attempt in attempts):
        return None
    called = next((fix for attempt in attempts if (fix := call_close(tree, attempt, repair))), None)
    return called or _guard(tree, made, given, repair) or _hoist(tree, made, given, repair)


def _guard(tree: Tree, made: Creation, given: cst.Yield, repair: Repair) -> Fix | None:
    """Guard what follows the creation in its suite."""
    guarded = _guarded(tree, made.suite, made.index + 1, given, repair)
    if guarded is None or _leaks_out(tree, made, guarded):
        return None
    draft = Draft()
    write_finally(tree, draft, guarded)
    return Fix(f"Close `{made.name}` in a finally clause", _trust(tree, made), draft.edits())


def _guarded(tree: Tree, around: Suite, first: int, given: cst.Yield, repair: Repair) -> Guarded | None:
    """The steps from `first` on to the close, or to the last that uses the session."""
    held = {given, *tree.ancestors(given)}
    yielding = next((index for index, step in enumerate(around.steps) if step.node in held), -1)
    if yielding < first:
        return None
    used = [index for index in range(yielding, len(around.steps)) if _uses(tree, around, index, repair.subject)]
    last = max([yielding, *used])
    closing = last if last > yielding and close_at(around.steps[last].node, repair.subject) else None
    end = last if closing is None else last - 1
    spare = tuple(spare_closes(tree, around, range(first, end + 1), repair.subject))
    if any(owner is around for owner, _ in spare):
        return None
    return Guarded(around, first, end, repair.subject, repair.is_async, closing, spare)


def _uses(tree: Tree, around: Suite, index: int, name: str) -> bool:
    return bool(mentions(tree, around.steps[index].node, name))


def _leaks_out(tree: Tree, made: Creation, guarded: Guarded) -> bool:
    end = guarded.last if guarded.closing is None else guarded.closing
    block = [step.node for step in guarded.suite.steps[guarded.first : end + 1]]
    return escapes(tree, made.statement, block, made.name)


def _trust(tree: Tree, made: Creation) -> Applicability:
    """Safe, unless the function yields at several places or keeps the session in a closure."""
    function = tree.scope(made.statement)
    assert isinstance(function, cst.FunctionDef)
    yields = list(own_nodes(function.body, cst.Yield))
    captured = any(is_captured(tree, name, function) for name in scope_mentions(tree, function.body, made.name))
    return Applicability.SAFE if len(yields) == 1 and not captured else Applicability.UNSAFE


def _hoist(tree: Tree, made: Creation, given: cst.Yield, repair: Repair) -> Fix | None:
    """Move a creation that begins a try statement out of it, where a failing one cannot meet an unbound name."""
    host = tree.parent(made.suite.block)
    row, end_row = made.suite.steps[made.index].start[0], made.suite.steps[made.index].end[0]
    if made.index or row != end_row or not isinstance(host, TRIES) or host.body is not made.suite.block:
        return None
    around = suite_of(tree, host)
    guarded = _guarded(tree, around, around.index(host), given, repair) if around else None
    if around is None or guarded is None or len(made.suite.steps) == 1 or _leaks_out(tree, made, guarded):
        return None
    draft = Draft()
    write_finally(tree, draft, guarded)
    drop(tree, draft, made.suite, made.index)
    shape = Shape(before={around.index(host): [tree.source_of(made.statement)]}, apart={around.index(host)})
    reshape(tree, draft, around, shape)
    return Fix(f"Close `{made.name}` in a finally clause", _hoist_trust(tree, made, host), draft.edits())


def _hoist_trust(tree: Tree, made: Creation, host: cst.Try | cst.TryStar) -> Applicability:
    """Safe where each handler uses the session, so that none could have dealt with a failing creation."""
    if all(mentions(tree, handler, made.name) for handler in host.handlers):
        return _trust(tree, made)
    return Applicability.UNSAFE


def _name_and_close(tree: Tree, given: cst.Yield, repair: Repair) -> Fix | None:
    """`yield SessionLocal()`: give the session a name, and close it."""
    statement, value = statement_of(tree, given), given.value
    if not isinstance(value, cst.BaseExpression) or not is_one_call(value):
        return None
    around = suite_of(tree, statement)
    name = next((name for name in _fresh_names() if not is_taken(tree, name)), None)
    if around is None or name is None or not isinstance(statement, cst.Expr) or statement.value is not given:
        return None
    if tree.start(value)[0] != tree.end(value)[0]:
        return None
    index = around.index(statement)
    draft = Draft()
    shape = Shape(apart={index}, broken={index})
    shape.before[index] = [f"{name} = {tree.source_of(value)}", "try:"]
    shape.after[index] = ["finally:", around.unit + call_text(name, "close", repair.is_async)]
    shape.indent(index, index)
    reshape(tree, draft, around, shape)
    draft.replace(tree.start(value), tree.end(value), name)
    return Fix(f"Name the session `{name}` and close it in a finally clause", Applicability.SAFE, draft.edits())


def _fresh_names() -> Iterator[str]:
    yield from ("db", "session", "db_session")
