"""Files that the running Python cannot read, since their grammar is newer: libcst parses them.

libcst reads the grammar of Python releases to come; its tree is translated to the nodes of `ast` that the same program
would have, so that nothing after this point knows the difference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from fastapi_session_lint.model.translated import translated
from fastapi_session_lint.source import UnparsableSource

if TYPE_CHECKING:
    import ast


def read_newer(text: str, known: UnparsableSource) -> ast.Module:
    """The tree of a text; raises UnparsableSource where libcst cannot read it either.

    `known` is what Python itself says of the text; it is clearer than a parser generator's list of tokens.
    """
    try:
        return translated(cst.parse_module(text), text)
    except SyntaxError as error:  # of a literal that has no value, which libcst does not look into
        raise UnparsableSource(str(error.msg), error.lineno or 1, (error.offset or 1) - 1) from None
    except (cst.ParserSyntaxError, UnicodeError):
        raise known from None
