"""Close what a function creates on every path: in a finally clause, or by a `with` around what uses it."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from fastapi_session_lint.findings import Applicability, Fix, Repair
from fastapi_session_lint.fixes.edits import Draft
from fastapi_session_lint.fixes.enclose import enclose, write_with
from fastapi_session_lint.fixes.final_clause import (
    TRIES,
    Guarded,
    call_close,
    closes_at_last,
    host_at,
    is_calm,
    write_finally,
)
from fastapi_session_lint.fixes.names import (
    bound_names,
    escapes,
    is_binding,
    is_captured,
    mentions,
    scope_mentions,
    variables,
)
from fastapi_session_lint.fixes.removal import spare_closes
from fastapi_session_lint.fixes.sessions import (
    Creation,
    attached_names,
    close_at,
    closes_properly,
    creation_at,
    hands_over,
    may_hand_out,
    own_nodes,
)
from fastapi_session_lint.fixes.tree import Tree


def close_session(tree: Tree, repair: Repair) -> Fix | None:
    """try/finally around what stands between the creation and its one close(); else a finally clause for a try
    statement that holds every use; else `with`.
    """
    call = tree.find(repair.span, cst.Call)
    made = creation_at(tree, call) if call else None
    if made is None or (repair.is_async and not tree.is_in_async_function(made.statement)):
        return None
    if _is_closed_at_last(made, repair):
        return None
    return (
        _by_calling_close(tree, made, repair)
        or _by_finally(tree, made, repair)
        or _by_clause(tree, made, repair)
        or _by_with(tree, made, repair)
    )


def _is_closed_at_last(made: Creation, repair: Repair) -> bool:
    """Whether a finally clause closes the session already, and nothing before its try statement can raise."""
    for step in made.suite.steps[made.index + 1 :]:
        if isinstance(step.node, TRIES):
            return closes_at_last(step.node, made.name, repair.is_async)
        if not is_calm(step.node):
            return False
    return False


def _by_calling_close(tree: Tree, made: Creation, repair: Repair) -> Fix | None:
    """The form for a `db.close` without its call in a finally clause."""
    attempts = (step.node for step in made.suite.steps[made.index + 1 :] if isinstance(step.node, TRIES))
    return next((fix for attempt in attempts if (fix := call_close(tree, attempt, repair))), None)


def _by_finally(tree: Tree, made: Creation, repair: Repair) -> Fix | None:
    """The form for a session with one close() in the suite of its creation, which is all that is known of it."""
    steps = made.suite.steps
    names = {index: mentions(tree, steps[index].node, made.name) for index in range(made.index + 1, len(steps))}
    used = [index for index, found in names.items() if found]
    if not used or not closes_properly(steps[used[-1]], made.name, repair.is_async):
        return None
    closing = used[-1]
    body = range(made.index + 1, closing)
    between = [name for index in body for name in names[index]]
    if not body or any(is_binding(tree, name) or _is_closed_at(tree, name) for name in between):
        return None
    nodes = [steps[index].node for index in body]
    if escapes(tree, made.statement, [*nodes, steps[closing].node], made.name):
        return None
    if any(hands_over(part, made.name) for node in nodes for part in own_nodes(node, cst.Return, cst.Assign)):
        return None
    draft = Draft()
    write_finally(tree, draft, Guarded(made.suite, body[0], body[-1], made.name, repair.is_async, closing))
    safe = _is_whole_life(tree, made, between) and not _has_risk(tree, made, nodes, between)
    title = f"Close `{made.name}` in a finally clause"
    return Fix(title, Applicability.SAFE if safe else Applicability.UNSAFE, draft.edits())


def _is_closed_at(tree: Tree, name: cst.Name) -> bool:
    above = tree.parent(name)
    return isinstance(above, cst.Attribute) and above.value is name and above.attr.value == "close"


def _is_whole_life(tree: Tree, made: Creation, between: list[cst.Name]) -> bool:
    """Whether the creation, what follows it and the close are all that the function does with the name."""
    scope = tree.scope(made.statement)
    return isinstance(scope, cst.FunctionDef) and len(scope_mentions(tree, scope, made.name)) == len(between) + 2


def _has_risk(tree: Tree, made: Creation, nodes: Sequence[cst.CSTNode], between: list[cst.Name]) -> bool:
    """Whether closing on every path may do more than that: a yield, a closure, a result that needs the session."""
    scope = tree.scope(made.statement)
    if any(is_captured(tree, name, scope) for name in between):
        return True
    for node in nodes:
        if any(own_nodes(node, cst.Yield)):
            return True
        if any(may_hand_out(part.value, made.name) for part in own_nodes(node, cst.Return)):
            return True
    return False


def _by_clause(tree: Tree, made: Creation, repair: Repair) -> Fix | None:
    """The form for a session that one try statement uses, and closes on some ways: the close moves to its finally."""
    steps = made.suite.steps
    used = [index for index in range(made.index + 1, len(steps)) if mentions(tree, steps[index].node, made.name)]
    closing = used.pop() if len(used) > 1 and close_at(steps[used[-1]].node, made.name) else None
    if len(used) != 1 or (closing is not None and closing != used[0] + 1):
        return None
    host = used[0]
    spare = tuple(spare_closes(tree, made.suite, [host], made.name))
    guarded = Guarded(made.suite, made.index + 1, host, made.name, repair.is_async, closing, spare)
    if host_at(guarded) is None or not _is_inside(tree, made, guarded):
        return None
    draft = Draft()
    write_finally(tree, draft, guarded)
    return Fix(f"Close `{made.name}` in the finally clause", Applicability.UNSAFE, draft.edits())


def _is_inside(tree: Tree, made: Creation, guarded: Guarded) -> bool:
    """Whether the try statement holds the session's whole life, and nothing that it loads is used after it."""
    steps = made.suite.steps
    host = steps[guarded.last].node
    names = mentions(tree, host, made.name)
    scope = tree.scope(made.statement)
    if any(is_binding(tree, name) or is_captured(tree, name, scope) for name in names):
        return False
    if sum(_is_closed_at(tree, name) for name in names) != len(guarded.spare):
        return False
    if any(hands_over(part, made.name) for part in own_nodes(host, cst.Return, cst.Assign)):
        return False
    ending = [] if guarded.closing is None else [steps[guarded.closing].node]
    if escapes(tree, made.statement, [host, *ending], made.name):
        return False
    bound = bound_names(tree, [host]) | attached_names(host, made.name)
    later = (name.value for step in steps[guarded.last + 1 :] for name in variables(step.node))
    return bool(guarded.spare) or guarded.closing is not None or bound.isdisjoint(later)


def _by_with(tree: Tree, made: Creation, repair: Repair) -> Fix | None:
    keyword = "async with" if repair.is_async else "with"

    def write_header(draft: Draft) -> None:
        write_with(tree, draft, made, keyword)

    draft = enclose(tree, made, is_async=repair.is_async, write_header=write_header)
    if draft is None:
        return None
    return Fix(f"Open `{made.name}` in `{keyword}`", Applicability.UNSAFE, draft.edits())
