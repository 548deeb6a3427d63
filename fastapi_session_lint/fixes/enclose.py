"""`db = …` turned into `with … as db:` around the smallest block that is right."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import libcst as cst

from fastapi_session_lint.fixes.edits import Draft
from fastapi_session_lint.fixes.names import bound_names, escapes, is_binding, is_captured, mentions, variables
from fastapi_session_lint.fixes.removal import drop_all, drop_semicolon, spare_closes
from fastapi_session_lint.fixes.sessions import (
    Creation,
    attached_names,
    hands_over,
    only_closes,
    only_resets,
    own_nodes,
)
from fastapi_session_lint.fixes.suites import Shape, reshape
from fastapi_session_lint.fixes.tree import Tree


def enclose(tree: Tree, made: Creation, *, is_async: bool, write_header: Callable[[Draft], None]) -> Draft | None:
    """The edits that put what uses a session into a `with` block; None where it is used outside of any such block.

    `write_header` turns the creation into the header. The block ends with the last step that uses the session, or
    anything bound in the block or put into the session, or where the session was closed until now.
    """
    if is_async and not tree.is_in_async_function(made.statement):
        return None
    around, start = made.suite, made.index + 1
    closing = _closing_step(tree, made)
    last = closing - 1 if closing is not None else _last_use(tree, made)
    block = [step.node for step in around.steps[start : last + 1]]
    if not block or not _is_kept_inside(tree, made, block, closing):
        return None
    spare = list(spare_closes(tree, around, range(start, last + 1), made.name))
    dropped = {index for owner, index in spare if owner is around}
    if len(dropped) == len(block):
        return None
    draft = Draft()
    write_header(draft)
    shape = Shape(tight={start}, broken={made.index})
    shape.indent(start, last)
    if closing is not None:
        spare.append((around, closing))
        shape.levels[closing] = int(around.steps[closing].is_joined)
    shape.gone = drop_all(tree, draft, spare)
    reshape(tree, draft, around, shape)
    return draft


def write_with(tree: Tree, draft: Draft, made: Creation, keyword: str) -> None:
    """Turn `db = value` into `with value as db:`."""
    draft.replace(made.suite.steps[made.index].start, tree.start(made.value), f"{keyword} ")
    draft.insert(tree.end(made.value), f" as {made.name}:")
    drop_semicolon(tree, draft, made.suite, made.index)


def _closing_step(tree: Tree, made: Creation) -> int | None:
    """The close() in the session's own suite after which it is not used again there."""
    used = _uses(tree, made)
    return used[-1] if used and only_closes(made.suite.steps[used[-1]].node, made.name) else None


def _uses(tree: Tree, made: Creation) -> list[int]:
    """The steps after the creation that mention the session, up to where its name is bound anew."""
    found = []
    for index in range(made.index + 1, len(made.suite.steps)):
        names = mentions(tree, made.suite.steps[index].node, made.name)
        if names and _rebinds(tree, made, index, names):
            break
        if names:
            found.append(index)
    return found


def _rebinds(tree: Tree, made: Creation, index: int, names: list[cst.Name]) -> bool:
    """Whether a step is an assignment that gives the name another value without reading it."""
    node = made.suite.steps[index].node
    return isinstance(node, cst.Assign | cst.AnnAssign) and len(names) == 1 and is_binding(tree, names[0])


def _last_use(tree: Tree, made: Creation) -> int:
    """The last step that uses the session, or what is bound or, where nothing closes it yet, put into it on the way."""
    steps = made.suite.steps
    last = max(_uses(tree, made), default=made.index)
    is_closed = any(spare_closes(tree, made.suite, range(made.index + 1, last + 1), made.name))
    for index in range(last + 1, len(steps)):
        block = [step.node for step in steps[made.index + 1 : last + 1]]
        bound = bound_names(tree, block)
        if not is_closed:
            bound = bound.union(*(attached_names(node, made.name) for node in block))
        if any(name.value in bound for name in variables(steps[index].node)):
            last = index
    return last


def _is_kept_inside(tree: Tree, made: Creation, block: Sequence[cst.CSTNode], closing: int | None) -> bool:
    """Whether the session lives in the block alone: not rebound, not handed out, not used elsewhere."""
    scope = tree.scope(made.statement)
    names = [name for node in block for name in mentions(tree, node, made.name)]
    if any(is_binding(tree, name) for name in names):
        return False
    if closing is None and any(is_captured(tree, name, scope) for name in names):
        return False
    ending = [made.suite.steps[closing].node] if closing is not None else []
    if escapes(tree, made.statement, [*block, *ending, *_resets_around(tree, made)], made.name):
        return False
    return not any(hands_over(part, made.name) for node in block for part in own_nodes(node, cst.Return, cst.Assign))


def _resets_around(tree: Tree, made: Creation) -> list[cst.CSTNode]:
    """What rolls back or closes the session once more in the handlers of a try statement that begins around it."""
    around = tree.parent(made.suite.block)
    if not isinstance(around, cst.Try | cst.TryStar) or around.body is not made.suite.block:
        return []
    clauses = [*around.handlers, *([around.finalbody] if around.finalbody else [])]
    return [node for clause in clauses for node in own_nodes(clause, cst.Expr, cst.If) if only_resets(node, made.name)]
