"""The same program in another spelling has the same findings: all fixtures that are one module, rewritten."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fastapi_session_lint import engine
from fastapi_session_lint.settings import Settings
from fastapi_session_lint.source import Source

FIXTURES = Path(__file__).parent / "fixtures"
LIBRARIES = ("sqlalchemy", "sqlmodel", "fastapi")
_DOCSTRING = re.compile(r'\A("""(?:.|\n)*?"""\n)?')


def texts(left_out: str) -> Iterator[tuple[str, str]]:
    """The fixtures by name, without those of a rule that is about the spelling itself, or set options."""
    for path in sorted(FIXTURES.glob("*/*.py")):
        data = path.read_bytes()
        if path.name.endswith(".fixed.py") or path.parent.name == left_out or b"# settings:" in data or b"\r" in data:
            continue
        try:
            text = data.decode()
            ast.parse(text)
        except (SyntaxError, ValueError):
            continue
        yield f"{path.parent.name}/{path.name}", text


def with_edits(text: str, edits: list[tuple[ast.expr, ast.expr, str]]) -> str:
    """The text with what stands from one expression to another, on one row, written anew."""
    lines = [line.encode() for line in text.split("\n")]
    for first, last, new in sorted(edits, key=lambda one: (one[0].lineno, one[0].col_offset), reverse=True):
        line = lines[first.lineno - 1]
        if first.lineno == last.end_lineno:
            lines[first.lineno - 1] = line[: first.col_offset] + new.encode() + line[last.end_col_offset :]
    return b"\n".join(lines).decode()


def by_module(text: str) -> str:
    """`import fastapi as library_1` and `library_1.Depends` in place of `from fastapi import Depends`."""
    tree, lines, names = ast.parse(text), text.split("\n"), dict[str, str]()
    words = set(re.findall(r"\w+", " ".join(_texts_in(tree))))
    for number, node in enumerate(tree.body):
        if not isinstance(node, ast.ImportFrom) or (node.module or "").partition(".")[0] not in LIBRARIES:
            continue
        if any(_bindings(tree, one.asname or one.name) > 1 or (one.asname or one.name) in words for one in node.names):
            continue
        names |= {one.asname or one.name: f"library_{number}.{one.name}" for one in node.names}
        rows = (node.end_lineno or node.lineno) - node.lineno
        lines[node.lineno - 1 : node.end_lineno] = [f"import {node.module} as library_{number}", *[""] * rows]
    text = "\n".join(lines)
    read = (one for one in ast.walk(ast.parse(text)) if isinstance(one, ast.Name) and one.id in names)
    return with_edits(text, [(one, one, names[one.id]) for one in read])


def _texts_in(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _bindings(tree: ast.Module, name: str) -> int:
    """How often a name is bound; `*` and f-strings, whose columns are not kept, count as well."""
    found = 0
    for node in ast.walk(tree):
        match node:
            case ast.Name(bound, ast.Store() | ast.Del()) | ast.arg(bound) | ast.alias(_, str(bound)):
                found += bound == name
            case ast.alias(bound, None) | ast.FunctionDef(bound) | ast.AsyncFunctionDef(bound) | ast.ClassDef(bound):
                found += bound.partition(".")[0] == name or bound == "*"
            case ast.Global(names) | ast.Nonlocal(names):
                found += 2 * (name in names)
            case ast.JoinedStr():
                found += 2
    return found


def annotated(text: str) -> str:
    """`db: Annotated[Session, Depends(get_db)]` in place of `db: Session = Depends(get_db)`."""
    edits: list[tuple[ast.expr, ast.expr, str]] = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.args.kwonlyargs:
            plain, defaults = [*node.args.posonlyargs, *node.args.args], node.args.defaults
            pairs = [*zip(plain[len(plain) - len(defaults) :], defaults, strict=True)]
            found = [(one.annotation, default) for one, default in pairs if one.annotation and _is_marker(default)]
            if len(found) == len(pairs) and all(first.lineno == last.end_lineno for first, last in found):
                edits += [
                    (first, last, f"typing.Annotated[{_in(text, first)}, {_in(text, last)}]") for first, last in found
                ]
    return _DOCSTRING.sub(r"\1import typing\n", with_edits(text, edits), count=1) if edits else text


def _is_marker(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Depends"


def _in(text: str, node: ast.expr) -> str:
    return ast.get_source_segment(text, node) or ""


def codes(text: str) -> Counter[str]:
    return Counter(
        one.code for one in engine.check([Source("/project/app.py", text.encode())], Settings(select=("ALL",)))
    )


@pytest.mark.parametrize(
    ("rewrite", "left_out", "fewest"),
    [(by_module, "FSL506", 600), (annotated, "FSL109", 150)],
    ids=["module", "marker"],
)
def test_another_spelling_says_the_same(rewrite: Callable[[str], str], left_out: str, fewest: int) -> None:
    """FSL506 is about where names are imported from; what FSL109 reports is a default."""
    rewritten = [(name, text, new) for name, text in texts(left_out) if (new := rewrite(text)) != text]
    assert len(rewritten) > fewest
    assert {name: codes(new) for name, text, new in rewritten if codes(new) != codes(text)} == {}
