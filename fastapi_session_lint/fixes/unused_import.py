"""Imports that nothing needs any more, taken out with their commas or their rows, but for those with a comment."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterable, Iterator

import libcst as cst

from fastapi_session_lint.fixes.edits import Draft
from fastapi_session_lint.fixes.imports import end_of_name
from fastapi_session_lint.fixes.names import is_local, scope_mentions
from fastapi_session_lint.fixes.tree import Tree

_TYPE_COMMENT = re.compile(r"#\s*type:(.*)")


def spare_imports(tree: Tree, gone: Iterable[cst.Name]) -> list[cst.ImportAlias]:
    """The names of `from … import` statements that nothing reads once these uses are gone.

    What is imported more than once goes altogether, or stays where one of the imports has to.
    """
    uses = dict.fromkeys(gone)
    for use in uses:
        tree.everywhere(use.value)  # a text anywhere in the file may name it
    left = ([one for one in scope_mentions(tree, scope, name) if one not in uses] for scope, name in _bound(tree, uses))
    found = [[(one.value, _alias(tree, one)) for one in mentions] for mentions in left]
    spoken = _names_in_text(tree) if any(found) else frozenset[str]()
    unread = (one for one in found if all(alias is not None and name not in spoken for name, alias in one))
    return [alias for one in unread for _, alias in one if alias is not None]


def _bound(tree: Tree, uses: Iterable[cst.Name]) -> list[tuple[cst.CSTNode, str]]:
    """The variables that are used: each by its name, and the function or module that it is one of."""
    found: dict[tuple[cst.CSTNode, str], None] = {}
    for use in uses:
        functions = (above for above in tree.ancestors(use) if isinstance(above, cst.FunctionDef | cst.Lambda))
        own = next((one for one in functions if is_local(tree, one, use.value)), tree.module)
        found[own, use.value] = None
    return list(found)


def _alias(tree: Tree, name: cst.Name) -> cst.ImportAlias | None:
    """The part of a `from … import` that binds a name, in a module's or a function's body; None where a comment stands
    by it.
    """
    above = tree.parent(name)
    alias = tree.parent(above) if isinstance(above, cst.AsName) else above
    statement = tree.parent(alias) if isinstance(alias, cst.ImportAlias) else None
    if not isinstance(alias, cst.ImportAlias) or not isinstance(statement, cst.ImportFrom):
        return None
    line = tree.parent(statement)
    body = tree.parent(line) if isinstance(line, cst.SimpleStatementLine) else None
    if not isinstance(body, cst.Module) and not isinstance(tree.parent(body) if body else None, cst.FunctionDef):
        return None
    assert isinstance(line, cst.SimpleStatementLine)
    rows = tree.lines[tree.start(statement)[0] - 1 : tree.end(statement)[0]]
    return None if len(line.body) > 1 or "#" in "".join(rows) else alias


def _names_in_text(tree: Tree) -> frozenset[str]:
    """The names that strings and comments mention where they are types, or lists of names."""
    texts = [one.group(1) for line in tree.lines if (one := _TYPE_COMMENT.search(line))]
    texts += [str(node.evaluated_value) for node in tree.positions if isinstance(node, cst.SimpleString)]
    return frozenset(name for text in texts for name in _names_of_type(text.strip()))


def _names_of_type(text: str) -> Iterator[str]:
    try:
        tree = ast.parse(text, mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    yield from (node.id for node in ast.walk(tree) if isinstance(node, ast.Name))


def drop_imports(tree: Tree, draft: Draft, spare: Collection[cst.ImportAlias]) -> None:
    """Take out what nothing reads; a statement that the draft has given something else to import keeps it."""
    for statement in dict.fromkeys(tree.parent(alias) for alias in spare):
        assert isinstance(statement, cst.ImportFrom)
        assert not isinstance(statement.names, cst.ImportStar)
        start, end = tree.start(statement), tree.end(statement)
        if any(alias not in spare for alias in statement.names):
            _drop_some(tree, draft, list(statement.names), spare)
        elif not draft.touches(start, end):
            draft.delete((start[0], 0), (end[0] + 1, 0))


def _drop_some(tree: Tree, draft: Draft, names: list[cst.ImportAlias], spare: Collection[cst.ImportAlias]) -> None:
    last_kept = max(index for index, alias in enumerate(names) if alias not in spare)
    for index in range(last_kept):
        if names[index] in spare:
            draft.delete(tree.start(names[index]), tree.start(names[index + 1]))
    if last_kept + 1 < len(names):
        draft.delete(end_of_name(tree, names[last_kept]), end_of_name(tree, names[-1]))
