"""A libcst tree as the `ast` tree of the same source, for grammar that is newer than the running Python.

`ast.parse` is ten times as quick as libcst, but knows the running Python's grammar only. What it cannot read is parsed
by libcst and translated, so that all that follows reads one kind of tree. The tree is as `ast.parse` would give it:
kinds, values, contexts and positions (1-based lines, 0-based columns in UTF-8 bytes), those within f-strings as of
Python 3.12, before which `ast` has wrong ones. Grammar that the running `ast` has no node for becomes the nearest one
that it has: `type X = …` an assignment, a template string a `TemplateStr`. Type parameters (`[T]`) are left out, since
nothing reads them.
"""

from __future__ import annotations

import ast
import warnings

import libcst as cst

from fastapi_session_lint.model.translated.places import Places
from fastapi_session_lint.model.translated.statements import StatementTranslation


def translated(module: cst.Module, text: str | None = None) -> ast.Module:
    """The `ast` tree of a module; deep nesting takes as deep a recursion.

    `text` is what the module was parsed from, without a byte order mark. libcst loses some whitespace (see
    `alignment`), so that without it the positions are those in the code that libcst gives back.
    Raises SyntaxError where a literal has no value, which libcst does not look at.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of invalid escapes in the module's strings, which are not ours to tell
        body = StatementTranslation(Places(module, module.code if text is None else text)).suite(module)
    return ast.Module(body=body, type_ignores=[])
