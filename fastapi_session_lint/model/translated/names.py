"""Names of libcst as `ast` has them."""

from __future__ import annotations

import unicodedata

import libcst as cst


def identifier(node: cst.Name) -> str:
    """A name as Python compares it: https://docs.python.org/3/reference/lexical_analysis.html#identifiers."""
    return node.value if node.value.isascii() else unicodedata.normalize("NFKC", node.value)


def optional_identifier(node: cst.Name | None) -> str | None:
    """A name, or None for None."""
    return None if node is None else identifier(node)


def bound_name(node: cst.AsName | None) -> str | None:
    """The name after `as` in an import or handler, where the grammar allows nothing else."""
    return identifier(node.name) if node and isinstance(node.name, cst.Name) else None


def dotted_name(node: cst.BaseExpression) -> str:
    """`a.b.c` of an import, which may have spaces around its dots."""
    names: list[str] = []
    while isinstance(node, cst.Attribute):
        names.append(identifier(node.attr))
        node = node.value
    assert isinstance(node, cst.Name), "the grammar allows names and dots only"
    return ".".join([identifier(node), *reversed(names)])
