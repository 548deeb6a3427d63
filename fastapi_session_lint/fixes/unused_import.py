"""An import that nothing needs any more, taken out with its comma, its row, or nothing where a comment stands by it."""

from __future__ import annotations

import libcst as cst

from fastapi_session_lint.fixes.edits import Draft
from fastapi_session_lint.fixes.names import variables
from fastapi_session_lint.fixes.tree import Tree


def drop_import(tree: Tree, draft: Draft, use: cst.BaseExpression) -> None:
    """Take out the `from … import` of a name whose last use goes; it stays where the file speaks of it in a string."""
    if not isinstance(use, cst.Name):
        return
    text = "".join(tree.lines)
    mentions = [one for one in variables(tree.module) if one.value == use.value]
    others = [one for one in mentions if one is not use]
    if len(mentions) != 2 or len(others) != 1 or any(f"{mark}{use.value}{mark}" in text for mark in "'\""):
        return
    above = tree.parent(others[0])
    alias = tree.parent(above) if isinstance(above, cst.AsName) else above
    statement = tree.parent(alias) if isinstance(alias, cst.ImportAlias) else None
    if isinstance(alias, cst.ImportAlias) and isinstance(statement, cst.ImportFrom):
        _drop_alias(tree, draft, statement, alias)


def _drop_alias(tree: Tree, draft: Draft, statement: cst.ImportFrom, alias: cst.ImportAlias) -> None:
    line = tree.parent(statement)
    if isinstance(statement.names, cst.ImportStar) or not isinstance(line, cst.SimpleStatementLine):
        return
    names, start, end = list(statement.names), tree.start(statement), tree.end(statement)
    if not isinstance(tree.parent(line), cst.Module) or "#" in "".join(tree.lines[start[0] - 1 : end[0]]):
        return
    index = names.index(alias)
    if len(names) == 1:
        if len(line.body) == 1:
            draft.delete((start[0], 0), (end[0] + 1, 0))
    elif index + 1 < len(names):
        draft.delete(tree.start(alias), tree.start(names[index + 1]))
    else:
        draft.delete(_end_of_name(tree, names[index - 1]), _end_of_name(tree, alias))


def _end_of_name(tree: Tree, alias: cst.ImportAlias) -> tuple[int, int]:
    """Where an imported name ends, its comma left out."""
    return tree.end(alias.asname.name if alias.asname else alias.name)
