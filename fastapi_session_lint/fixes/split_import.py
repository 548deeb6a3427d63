"""An import of moved names turned to their new module; the names that stay keep a statement of their own."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from fastapi_session_lint.findings import Applicability, Fix, Repair
from fastapi_session_lint.fixes.edits import Draft
from fastapi_session_lint.fixes.tree import Tree
from fastapi_session_lint.vocabulary import (
    FOLLOWING_DECLARATIVE_NAMES,
    MOVED_DECLARATIVE_NAMES,
    NEW_DECLARATIVE_MODULE,
    OLD_DECLARATIVE_MODULE,
)

_TITLE = f"Import from `{NEW_DECLARATIVE_MODULE}`"


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
    if not stay:
        draft.replace(tree.start(node.module), tree.end(node.module), NEW_DECLARATIVE_MODULE)
    elif "#" in tree.source_of(node):
        return None
    else:
        moved = [one for one in node.names if _moves(one)]
        text = _separator(tree, node).join((_text(OLD_DECLARATIVE_MODULE, stay), _text(NEW_DECLARATIVE_MODULE, moved)))
        draft.replace(tree.start(node), tree.end(node), text)
    return Fix(_TITLE, Applicability.SAFE, draft.edits())


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
