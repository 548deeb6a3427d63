"""A text as a tree of `ast`, whichever Python its grammar is of."""

from __future__ import annotations

import ast

from fastapi_session_lint.source import UnparsableSource

NESTED = "nested too deeply to be read"
_TOO_DEEP = "too many nested parentheses"
"""What no Python reads, and libcst overflows its stack with."""


def tree_of(text: str) -> ast.Module:
    """The tree of a text, by libcst where the running Python cannot read it. Raises UnparsableSource."""
    try:
        return ast.parse(text)
    except SyntaxError as error:
        known = UnparsableSource(str(error.msg), max(error.lineno or 1, 1), max((error.offset or 1) - 1, 0))
        if str(known).startswith(_TOO_DEEP):
            raise known from None
        from fastapi_session_lint.model.newer import read_newer  # late: few files need libcst, and it takes long

        return read_newer(text, known)
    except (RecursionError, MemoryError):
        raise UnparsableSource(NESTED, 1, 0) from None
    except ValueError as error:
        raise UnparsableSource(str(error), 1, 0) from None
