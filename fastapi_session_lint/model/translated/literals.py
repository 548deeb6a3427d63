"""Values of literals; libcst reads some that have none, such as `"\\x"`."""

from __future__ import annotations

import ast

import libcst as cst

from fastapi_session_lint.model.translated.places import Places


def literal_value(text: str, node: cst.CSTNode, places: Places) -> str | bytes | int | float | complex:
    """What a literal is worth; `text` is how it is written. Raises SyntaxError at the place of the node."""
    try:
        value: str | bytes | int | float | complex = ast.literal_eval(text)
    except SyntaxError as error:
        position = places.of(node)
        place = (None, position["lineno"], position["col_offset"] + 1, None)
        raise SyntaxError(error.msg, place) from None
    return value
