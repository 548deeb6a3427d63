"""An import of moved names turned to their new module; the names that stay keep a statement of their own."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from fastapi_session_lint.findings import Applicability, Fix, Repair
from fastapi_session_lint.fixes.edits import Draft
from fastapi_session_lint.fixes.imports import extend, head
from fastapi_session_lint.fixes.tree import Tree
from fastapi_session_lint.vocabulary import (
    FOLLOWING_DECLARATIVE_NAMES,
    MOVED_DECLARATIVE_NAMES,
    NEW_DECLARATIVE_MODULE,
    OLD_DECLARATIVE_MODULE,
)

_TITLE = f"Import from `{NEW_DECLARATIVE_MODULE}`"
_WIDTH = 88
"""How long a row may become: what most formatters leave as it is."""


def split_import(tree: Tree, repair: Repair) -> Fix | None:
    """Another module for all names, or a second statement for those that moved; None where a comment would be lost."""
    node = tree.find(repair.span, cst.ImportFrom)
    if node is None or node.module is None or node.relative or isinstance(node.names, cst.ImportStar):
        return None
    if tree.source_of(node.module) != OLD_DECLARATIVE_MODULE:
        return None
    if not any(one.evaluated_name in MOVED_DECLARATIVE_NAMES for one in node.names):
        return None
    stay = [one for one in node.names if not _moves(one)]
    draft = Draft()
    if not stay and (others := _names_beside(tree, node)) is not None:
        draft.delete((tree.start(node)[0], 0), (tree.end(node)[0] + 1, 0))
        for alias in node.names:
            extend(tree, draft, others, alias.evaluated_name)
    elif not stay:
        draft.replace(tree.start(node.module), tree.end(node.module), NEW_DECLARATIVE_MODULE)
    elif "#" in tree.source_of(node):
        return None
    else:
        moved = [one for one in node.names if _moves(one)]
        text = _separator(tree, node).join((_text(OLD_DECLARATIVE_MODULE, stay), _text(NEW_DECLARATIVE_MODULE, moved)))
        draft.replace(tree.start(node), tree.end(node), text)
    return Fix(_TITLE, Applicability.SAFE, draft.edits())


def _names_beside(tree: Tree, node: cst.ImportFrom) -> list[cst.ImportAlias] | None:
    """What an import from the new module, among those around this one, imports, if it can take more on its own row."""
    rows = {one.row: one for one in head(tree) if tree.line(one.row) == tree.source_of(one.node)}
    other = next((one.node for one in rows.values() if one.module == NEW_DECLARATIVE_MODULE), None)
    row = tree.start(node)[0]
    if row not in rows or not isinstance(other, cst.ImportFrom) or isinstance(other.names, cst.ImportStar):
        return None
    own = () if isinstance(node.names, cst.ImportStar) else node.names
    names = [one.evaluated_name for one in own if not one.asname]
    is_apart = row > 1 and tree.is_blank(row - 1) and row < len(tree.lines) and tree.is_blank(row + 1)
    is_long = len(tree.source_of(other)) + len("".join(f", {one}" for one in names)) > _WIDTH
    is_known = any(one.evaluated_name in names for one in other.names)
    return None if is_apart or is_long or is_known or len(names) < len(own) else list(other.names)


def _moves(alias: cst.ImportAlias) -> bool:
    return alias.evaluated_name in MOVED_DECLARATIVE_NAMES | FOLLOWING_DECLARATIVE_NAMES


def _separator(tree: Tree, node: cst.ImportFrom) -> str:
    """A new line, where the import has one to itself."""
    row, column = tree.start(node)
    indentation = tree.line(row)[:column]
    is_alone = not indentation.strip() and len(getattr(tree.parent(node), "body", ())) == 1
    return tree.newline(row) + indentation if is_alone else "; "


def _text(module: str, names: Sequence[cst.ImportAlias]) -> str:
    return f"from {module} import {', '.join(_alias(one) for one in names)}"


def _alias(alias: cst.ImportAlias) -> str:
    return f"{alias.evaluated_name} as {alias.evaluated_alias}" if alias.evaluated_alias else alias.evaluated_name
