"""Both rulers, `ast` and libcst, give the same places; what `ast` cannot read is measured by libcst."""

from __future__ import annotations

import ast
from pathlib import Path

import libcst as cst
import pytest

from fastapi_session_lint.model.lower import StatementLowering
from fastapi_session_lint.model.module import read_module
from fastapi_session_lint.model.places import lent_places, measured_places
from fastapi_session_lint.model.syntax import Do
from fastapi_session_lint.source import split_lines

HERE = Path(__file__).parent
OURS = sorted((HERE.parent / "fastapi_session_lint").rglob("*.py"))
ODD = '''\
é = "ü"; x = f(é, g(é)) ; y = (
    await_(h()
    ))
@deco(a())(b)
async def f(p: "int" = d(), *args, k=e(), **kw) -> None:
    """A page: https://example.org/"""
    async with a() as b, c(d()) as (e, g):
        await (h(await i()))
    try:
        yield (yield j())
    except (A, B) as error:  # a comment with f()
        raise k() from l()
    else: return
    finally:
        z = [m(n) async for n in o() if p(n)] if q() else {r(): s(), **t()}
    lambda u, v=w(): u(v)
@plain
@made(f())
class C(B(), metaclass=M()):
    @é.first
    @second()
    @third
    def m(self): pass
    x: int = f()
    for a in b(): pass
    else: c()
    while (d := e()): break
    match f():
        case [1, 2] if g(): h()
        case C(x=1): i()
    assert j(), k()
    del l().m
    n().o += p()
    global q
'''


@pytest.mark.parametrize("path", OURS[::4], ids=lambda path: path.stem)
def test_the_rulers_agree_on_our_own_code(path: Path) -> None:
    agree(path.read_text())


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"], ids=["lf", "crlf", "cr"])
def test_the_rulers_agree_on_odd_code(ending: str) -> None:
    agree(ODD.replace("\n", ending))


def agree(text: str) -> None:
    module = cst.parse_module(text)
    lowering = StatementLowering()
    lowering.suite(module)
    lent = lent_places(lowering.marks, ast.parse(text).body, split_lines(text))
    assert lent is not None
    measured = measured_places(lowering.marks, module)
    for mark, one, other in zip(lowering.marks, lent, measured, strict=True):
        same_start = (one.row, one.column) == (other.row, other.column)
        if mark.kind == "statement" and not same_start:
            assert isinstance(mark.node, cst.FunctionDef | cst.ClassDef), (mark, one, other)  # from its decorator on
        elif mark.kind in ("call", "await", "yield", "handler", "statement", "parameter", "decorator"):
            assert same_start, (mark, one, other)
        if mark.kind in ("call", "await", "yield", "decorator"):
            assert one.end == other.end, (mark, one, other)


def test_a_file_of_newer_grammar_than_the_running_python_has_places_too() -> None:
    text = "x = 1\n\ntry:\n    commit()\nexcept A, B:\n    pass\n"  # PEP 758, Python 3.14
    module = read_module("/project/new.py", text)
    [call] = module.calls
    assert module.places[call.place].row == 4
    assert module.places[call.place].column == 4


def test_skipped_definitions_do_not_move_the_lines_of_the_others() -> None:
    text = "def nothing():\n    return [\n        1]\n\n\ndb_calls = 1\nopen_session()\n"
    module = read_module("/project/skipping.py", text)
    statement = module.body[-1]
    assert isinstance(statement, Do)
    assert module.places[statement.place].row == 7
