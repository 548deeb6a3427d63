"""Strings of libcst as `ast` has them: texts evaluated, neighbours made one, what is interpolated as `FormattedValue`.

Two things are knowingly not as `ast` has them: the text that `{x=}` puts before the value keeps the comments within
the expression itself, and `kind`, which tells `u"…"` from `"…"`, is never set.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Iterator, Sequence

import libcst as cst
from libcst.metadata import CodePosition

from fastapi_session_lint.model.newer_grammar import TemplateStr
from fastapi_session_lint.model.translated.literals import literal_value
from fastapi_session_lint.model.translated.places import Places, moved

_Literal = cst.SimpleString | cst.FormattedString | cst.TemplatedString
_Content = cst.BaseFormattedStringContent | cst.BaseTemplatedStringContent
_Interpolated = cst.FormattedStringExpression | cst.TemplatedStringExpression
_DOUBLE_BRACE = re.compile(r"\{\{|\}\}")
_ESCAPE = re.compile(r"\\N\{[^}]*\}|\\[^{}]|\\|\{\{|\}\}|[\"\n]", re.DOTALL)
_COMMENT = re.compile(r"#.*")
_NO_CONVERSION = -1


class StringTranslation:
    """The strings of one module; `expression` translates what is interpolated."""

    def __init__(self, places: Places, expression: Callable[[cst.BaseExpression], ast.expr]) -> None:
        """A translation that has seen nothing yet."""
        self._places = places
        self._expression = expression

    def string(self, node: _Literal | cst.ConcatenatedString) -> ast.expr:
        """A string of one or several literals."""
        literals = list(_literals(node))
        position = self._places.of(node)
        simple = [self._value(literal) for literal in literals if isinstance(literal, cst.SimpleString)]
        if len(simple) == len(literals):
            return ast.Constant(value=_joined(simple), **position)
        is_template = any(isinstance(literal, cst.TemplatedString) for literal in literals)
        values = _merged(part for literal in literals for part in self._parts(literal))
        return (TemplateStr if is_template else ast.JoinedStr)(values=values, **position)

    def _parts(self, literal: _Literal) -> Iterator[ast.expr]:
        if isinstance(literal, cst.SimpleString):
            yield ast.Constant(value=self._value(literal), **self._places.of(literal))
        else:
            yield from self._contents(literal.parts, is_raw="r" in literal.prefix)

    def _contents(self, contents: Sequence[_Content], *, is_raw: bool) -> Iterator[ast.expr]:
        for content in contents:
            if isinstance(content, cst.FormattedStringExpression | cst.TemplatedStringExpression):
                yield from self._interpolation(content, is_raw=is_raw)
            elif isinstance(content, cst.FormattedStringText | cst.TemplatedStringText):
                value = _without_escapes(content.value) if is_raw else self._text(content)
                yield ast.Constant(value=value, **self._places.of(content))

    def _value(self, literal: cst.SimpleString) -> str | bytes:
        value = literal_value(literal.value, literal, self._places)
        assert isinstance(value, str | bytes), "it is written as a string"
        return value

    def _text(self, node: cst.FormattedStringText | cst.TemplatedStringText) -> str:
        """A text between braces as Python reads it, by way of a string literal of the same meaning."""
        if "\\" not in node.value:
            return _without_escapes(node.value)
        written = _ESCAPE.sub(_as_in_literal, _with_line_feeds(node.value))
        return str(literal_value(f'"{written}"', node, self._places))

    def _interpolation(self, node: _Interpolated, *, is_raw: bool) -> Iterator[ast.expr]:
        """What stands in braces, after the text that `=` asks for."""
        text_end = self._places.end(node.whitespace_after_expression)
        conversion = ord(node.conversion) if node.conversion else _NO_CONVERSION
        if node.equal is not None:
            yield self._shown(node, text_end)
            if node.conversion is None and node.format_spec is None:
                conversion = ord("r")
        colon = moved(text_end, len("!r")) if node.conversion else text_end
        value = self._expression(node.expression)
        specification = self._specification(node, colon, is_raw=is_raw)
        position = self._places.of(node)
        if sys.version_info >= (3, 14) and isinstance(node, cst.TemplatedStringExpression):
            text = self._places.text(self._places.start(node.expression), self._places.end(node.expression))
            yield ast.Interpolation(value, text, conversion, specification, **position)
        else:
            yield ast.FormattedValue(value=value, conversion=conversion, format_spec=specification, **position)

    def _shown(self, node: _Interpolated, end: CodePosition) -> ast.Constant:
        """The source that `=` puts before the value: all from the brace on, but for the comments."""
        start = moved(self._places.start(node), len("{"))
        value_start, value_end = self._places.start(node.expression), self._places.end(node.expression)
        before, after = self._places.text(start, value_start), self._places.text(value_end, end)
        text = _COMMENT.sub("", before) + self._places.text(value_start, value_end) + _COMMENT.sub("", after)
        return ast.Constant(value=text, **self._places.span(start, end))

    def _specification(self, node: _Interpolated, colon: CodePosition, *, is_raw: bool) -> ast.JoinedStr | None:
        """The format after the colon, which stands where the value ends."""
        if node.format_spec is None:
            return None
        end = moved(self._places.end(node), -len("}"))
        values = _merged(self._contents(node.format_spec, is_raw=is_raw))
        return ast.JoinedStr(values=values, **self._places.span(colon, end))


def _literals(node: _Literal | cst.ConcatenatedString) -> Iterator[_Literal]:
    """Literals that stand next to each other, in order."""
    while isinstance(node, cst.ConcatenatedString):
        yield node.left
        node = node.right
    yield node


def _joined(values: list[str | bytes]) -> str | bytes:
    """The value of literals of one kind; Python allows no mixture."""
    texts = [value for value in values if isinstance(value, str)]
    return "".join(texts) if texts else b"".join(value for value in values if isinstance(value, bytes))


def _merged(parts: Iterator[ast.expr]) -> list[ast.expr]:
    """Parts with neighbouring texts made one, and empty ones left out."""
    merged: list[ast.expr] = []
    for part in parts:
        last = merged[-1] if merged else None
        if not isinstance(part, ast.Constant):
            merged.append(part)
        elif isinstance(last, ast.Constant):
            last.value = str(last.value) + str(part.value)
            last.end_lineno, last.end_col_offset = part.end_lineno, part.end_col_offset
        else:
            merged.append(part)
    return [part for part in merged if not isinstance(part, ast.Constant) or part.value]


def _with_line_feeds(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _without_escapes(text: str) -> str:
    """A text between braces in which only the braces themselves are written in another way."""
    return _DOUBLE_BRACE.sub(_one_brace, _with_line_feeds(text))


def _one_brace(found: re.Match[str]) -> str:
    return found.group()[0]


def _as_in_literal(found: re.Match[str]) -> str:
    """One escape, double brace, quote or line end of an f-string as it is written within plain double quotes.

    A backslash before a brace is none of an escape: it stands for itself.
    """
    match found.group():
        case "{{" | "}}" as braces:
            return braces[0]
        case "\n":
            return r"\n"
        case '"':
            return r"\""
        case "\\":
            return r"\\"
        case escape:
            return escape
