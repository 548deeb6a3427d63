"""Statements taken out of a suite, with what they leave behind: blank rows, semicolons, an empty suite."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import libcst as cst

from fastapi_session_lint.fixes.edits import Draft
from fastapi_session_lint.fixes.names import mentions
from fastapi_session_lint.fixes.sessions import only_closes, subject_name
from fastapi_session_lint.fixes.suites import Suite, suites_inside
from fastapi_session_lint.fixes.tree import Tree

_SEMICOLON = re.compile(r"[ \t]*;")
_COMMENT = re.compile(r"[ \t]*;?[ \t]*(?=#)")


def drop(tree: Tree, draft: Draft, owner: Suite, index: int) -> frozenset[int]:
    """Take one step out; its comments stay. Gives the rows that are gone."""
    step = owner.steps[index]
    follower = owner.steps[index + 1] if index + 1 < len(owner.steps) else None
    if len(owner.steps) == 1:
        return _drop_clause(tree, draft, owner)
    if index and step.is_joined:
        draft.delete(owner.steps[index - 1].end, step.end)
    elif follower and follower.is_joined:
        draft.delete(step.start, follower.start)
    elif comment := _COMMENT.match(tree.line(step.end[0]), step.end[1]):
        draft.delete(step.start, (step.end[0], comment.end()))
    else:
        return _drop_rows(tree, draft, step.start[0], step.end[0])
    return frozenset()


def drop_all(
    tree: Tree,
    draft: Draft,
    steps: Iterable[tuple[Suite, int]],
    *,
    only_handler_of: cst.Try | cst.TryStar | None = None,
) -> frozenset[int]:
    """Take several steps out. Gives the rows that are gone.

    Where the only handler of the given try statement is left with a bare `raise`, it goes whole.
    """
    gone: frozenset[int] = frozenset()
    for owner, index in steps:
        if only_handler_of is not None and _is_idle_handler(tree, owner, only_handler_of):
            clause = tree.parents[owner.block]
            gone |= _drop_rows(tree, draft, tree.start(clause)[0], owner.steps[-1].end[0])
        else:
            gone |= drop(tree, draft, owner, index)
    return gone


def _is_idle_handler(tree: Tree, owner: Suite, attempt: cst.Try | cst.TryStar) -> bool:
    """Whether a close and a bare raise, without a comment, are all of the one handler of a try statement."""
    clause = tree.parents[owner.block]
    if len(attempt.handlers) != 1 or attempt.handlers[0] is not clause or attempt.orelse is not None:
        return False
    match [step.node for step in owner.steps]:
        case [_, cst.Raise(exc=None)]:
            return "#" not in tree.source(tree.start(clause), tree.row_end(owner.steps[-1].end[0]))
    return False


def _drop_rows(tree: Tree, draft: Draft, first: int, last: int) -> frozenset[int]:
    while first > 1 and tree.is_blank(first - 1) and first - 1 not in tree.frozen_rows:
        first -= 1
    if last == len(tree.lines) and tree.line(last) == tree.lines[-1]:
        draft.delete(tree.row_end(first - 1), tree.row_end(last))
    else:
        draft.delete((first, 0), (last + 1, 0))
    return frozenset(range(first, last + 1))


def _drop_clause(tree: Tree, draft: Draft, owner: Suite) -> frozenset[int]:
    """Take out the only step of a suite: with its clause where that may go and holds no comment, else for a `pass`."""
    step = owner.steps[0]
    clause = tree.parents[owner.block]
    if isinstance(clause, cst.Else | cst.Finally) and not _is_needed(tree, owner):
        first, last = tree.start(clause)[0], step.end[0]
        if not any("#" in tree.line(row) for row in range(first, last + 1)):
            return _drop_rows(tree, draft, first, last)
    draft.replace(step.start, step.end, "pass")
    return frozenset()


def drop_semicolon(tree: Tree, draft: Draft, owner: Suite, index: int) -> None:
    """Take out a semicolon that ends the line of a step."""
    follower = owner.steps[index + 1] if index + 1 < len(owner.steps) else None
    row, column = owner.steps[index].end
    found = _SEMICOLON.match(tree.line(row), column)
    if found and not (follower and follower.is_joined):
        draft.delete((row, column), (row, found.end()))


def spare_closes(
    tree: Tree, owner: Suite, indexes: Iterable[int], subject: str, *, at_end: bool = True
) -> Iterator[tuple[Suite, int]]:
    """The close() steps of a session that change nothing once it is closed at the end of these steps.

    They are the last thing that happens to it, or a return or raise follows them at once. `at_end` says that nothing
    happens to it after the steps. One that is a whole finally clause stays where the try statement needs the clause, as
    does one that is all that is tried.
    """
    numbers = list(indexes)
    used = [index for index in numbers if mentions(tree, owner.steps[index].node, subject_name(subject))]
    for index in used:
        node = owner.steps[index].node
        is_last = at_end and index == used[-1]
        if only_closes(node, subject):
            if is_last or _leaves(tree, owner, index + 1, subject):
                yield owner, index
        elif isinstance(node, cst.BaseCompoundStatement) and not isinstance(node, cst.FunctionDef | cst.ClassDef):
            for inner in suites_inside(tree, node):
                if _is_needed(tree, inner) or _is_attempt(tree, inner):
                    continue
                ends = is_last and _ends_with(tree, node, inner, subject)
                yield from spare_closes(tree, inner, range(len(inner.steps)), subject, at_end=ends)


def _is_needed(tree: Tree, owner: Suite) -> bool:
    """Whether a suite of one step is the finally clause of a try statement without handlers."""
    clause = tree.parents[owner.block]
    above = tree.parents[clause]
    return len(owner.steps) == 1 and isinstance(clause, cst.Finally) and not getattr(above, "handlers", ())


def _is_attempt(tree: Tree, owner: Suite) -> bool:
    """Whether a suite of one step is what a try statement tries."""
    clause = tree.parents[owner.block]
    return len(owner.steps) == 1 and isinstance(clause, cst.Try | cst.TryStar)


def _leaves(tree: Tree, owner: Suite, index: int, subject: str) -> bool:
    """Whether a step returns or raises, without the session."""
    if index >= len(owner.steps):
        return False
    node = owner.steps[index].node
    return isinstance(node, cst.Return | cst.Raise) and not mentions(tree, node, subject_name(subject))


def _ends_with(tree: Tree, node: cst.BaseCompoundStatement, inner: Suite, subject: str) -> bool:
    """Whether nothing more happens to the session in a compound statement once this suite of it has ended."""
    if isinstance(node, cst.For | cst.While):
        return isinstance(tree.parent(inner.block), cst.Else)
    if not isinstance(node, cst.Try | cst.TryStar):
        return True
    if inner.block is node.body and node.orelse is not None:
        return False
    final = node.finalbody
    return final is None or inner.block is final.body or not mentions(tree, final, subject_name(subject))
