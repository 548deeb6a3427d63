"""Nodes that the running Python's `ast` may not have yet."""

from __future__ import annotations

import ast
import sys

if sys.version_info >= (3, 14):
    TemplateStr = ast.TemplateStr
else:

    class TemplateStr(ast.JoinedStr):
        """A t-string (PEP 750), its interpolations as FormattedValue."""


ALIASES: tuple[type[ast.AST], ...] = tuple(filter(None, (getattr(ast, "TypeAlias", None),)))
"""`type X = …` (PEP 695), which Python 3.12 brought."""
