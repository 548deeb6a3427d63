"""The places that a model keeps are where the things stand; what `ast` cannot read has the same ones by libcst."""

from __future__ import annotations

from pathlib import Path

import libcst as cst
import pytest

from fastapi_session_lint.model import module as reading
from fastapi_session_lint.model.expressions import Call, dotted
from fastapi_session_lint.model.module import read_module
from fastapi_session_lint.model.stored import stored
from fastapi_session_lint.model.syntax import Class, Do, Function, Module
from fastapi_session_lint.model.translated import translated

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


FIXTURES = [path for path in sorted((HERE / "fixtures").rglob("*.py")) if "FSL902" not in path.parts]


@pytest.mark.parametrize("path", [*OURS[::4], *FIXTURES[::5]], ids=lambda path: path.stem)
def test_both_parsers_give_the_same_model(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    agree(path.read_text(), monkeypatch)


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"], ids=["lf", "crlf", "cr"])
def test_both_parsers_give_the_same_model_of_odd_code(ending: str, monkeypatch: pytest.MonkeyPatch) -> None:
    agree(ODD.replace("\n", ending), monkeypatch)


def agree(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The model of a text is the one of the tree that libcst has of it."""
    by_ast = read_module("/project/app.py", text)
    monkeypatch.setattr(reading, "tree_of", lambda text: translated(cst.parse_module(text), text))
    assert stored(read_module("/project/app.py", text)) == stored(by_ast)


def test_a_call_stands_where_its_text_is() -> None:
    lines = ODD.split("\n")
    module = read_module("/project/odd.py", ODD)
    called = [(call, module.places[call.place]) for call in calls_of(module)]
    on_one_row = [(dotted(call.function), place) for call, place in called if place.row == place.end_row]
    assert len(on_one_row) > 30
    for name, place in on_one_row:
        text = lines[place.row - 1][place.column : place.end_column]
        assert name is None or text.startswith(f"{name}("), (name, text)
        assert text.endswith(")")


def calls_of(module: Module) -> list[Call]:
    found = list(module.calls)
    waiting: list[Module | Function | Class] = [module]
    while waiting:
        owner = waiting.pop()
        found += owner.calls
        waiting += [one for some in owner.bindings.values() for one in some if isinstance(one, Function | Class)]
        waiting += owner.lambdas
    return found


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
