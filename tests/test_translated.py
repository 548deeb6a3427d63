"""A translated tree is the one that `ast.parse` gives, and newer grammar becomes what older grammar has for it."""

from __future__ import annotations

import ast
import inspect
import os
import sys
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

import libcst as cst
import pytest

from fastapi_session_lint.model.newer_grammar import TemplateStr
from fastapi_session_lint.model.translated import translated

HERE = Path(__file__).parent
LIBRARY = Path(os.__file__).parent
POSITION = ("lineno", "col_offset", "end_lineno", "end_col_offset")
WRONG_WITHIN_STRINGS = sys.version_info < (3, 12)
"""Before Python 3.12 `ast` gives places within an f-string as if the string stood elsewhere."""

SOURCES = {
    "targets": r"""
x = *a, b
x: int = 1, 2
x: int = *a, b
x[0]: int = (1)
del a, b
del (a, b)
del a,
del (a), b
del [a, b], (c, d)
del (a.b)[c:d]
(a)
a;
a; b ;
x += 1; y @= (2); z **= 3; a //= 4; b >>= 1; c <<= 1; d &= 1; e ^= 1; f |= 1; g %= 1; h /= 2; i *= 1; j -= 1
""",
    "small statements": r"""
return
return (1)
return *a, b
return a,
raise
raise A from (B)
assert a, (b)
assert (a, b)
import a . b as c, d
from . import a
from ... import (a as b, c,)
from .... a . b import *
from .a import (b)
global a, b
""",
    "loops and branches": r"""
if a: b;
if a: b; c ; # x
while a: pass
while a: break; continue
else: pass;
for x, in a, : pass
for (x), y in *a, b: pass
for x.y in z: pass
""",
    "with": r"""
with a: pass
with (a): pass
with (a, b): pass
with (a,): pass
with (a as b, c): pass
with (a as b, c,): pass
with (a, b) as (c, d): pass
with (a).b as c, d as [e]: pass
with (yield): pass
""",
    "names": r"""
import ﬁa.ﬁb as ﬁc, ᵃ
from ﬁd import ﬁe
@ﬁf.ﬁg
def ﬁh(ﬁi, *ﬁj, ﬁk=ﬁl, **ﬁm): global ﬁn
class ﬁo(ﬁp=ﬁq): ﬁr: ﬁs
try: pass
except ﬁ as ﬀ: pass
match ﬁa:
    case ﬁa(ﬁb=ﬁc) | {"ﬁd": _, **ﬁe} | [*ﬁf] as ﬁg: pass
""",
    "yields and calls": r"""
x = (yield)
x = yield a, b
x = yield from (a)
f(x for x in y)
f( x for x in y )
(f(x for x in y))
f((x for x in y))
f((x for x in y), 1)
f(((x for x in y)))
f  ( (x) for x in y )
f(a, *b, c, d=e, *f, **g, h=(i))
f(* a, ** b)
f(a := 1, (b := 2))
f(a)(b)[c].d
""",
    "tuples and subscripts": r"""
(((a)))
((a, b))
((a), (b))
()
(a,)
((a,))
a, b = c, = d
a = b = (c, d) = [e, *f] = g
*a, = b
a[b, c]
a[b,]
a[(b, c)]
a[b:c, d]
a[:]
a[ : ]
a[::]
a[b : c : d]
a[(b) : ]
a[: (c)]
a[:: d]
a[b :: ]
a[*b]
a[*b, c]
a[* b ,]
a[b:=1]
a[b:=1, c]
a[lambda: x]
""",
    "operations": r"""
a and b and c
a and b or c and d
(a and b) and c
a and (b and c)
((a and b)) and c and d
a or b or (c or d) or e
not a and not b
a < b <= c != d is not e not in f is g in h == i > j >= k
(a < b) < c
a if b else c if d else e
(a if b else c) if d else e
lambda: 0
lambda a, /, b=1, *c, d, e=2, **f: (a)
lambda *, a: a
lambda *a: a
lambda a=(1),: a
- 1
-1 ** 2
~ - + a
a / b @ b // c % d ** e << f >> g & h ^ i | j
(a + b) * (c)
(a) + (b)
await x
""",
    "collections": r"""
[a, *b]
[]
[a,]
{a, *b,}
{a: b, **c, (d): (e),}
{}
{** a}
[x for x in y if z if w for a in b]
[(x) for x in y]
{x for x, in y}
{x: y for x, y in z}
{(x): (y) for (x, y) in (z)}
(x async for x in y)
[x for x in (lambda: y)]
""",
    "constants": r'''
1_000, 0xFF, 0o17, 0b1, 1.5e3, 1., .5, 2j, 1e5J
"a" 'b' """c"""
b"a" b'\x00'
("a"
 "b")
u"a"
r"\n" "\n"
"é" + x
x = "é", y, "😀", z
"\N{EM DASH}"
"a\
b"
"""a
é""", b
''',
    "f-strings": r'''
f""
f"{x}"
"" f""
f"a{x!r:>{w}}b" "c" f"{y=}"
f"{{{x}}}" f'}}'
rf"\d{x}\{{"
f"\{x}\""
f'a"{x}\'"'
f"""a"{x}
é{y}"""
f"{x:%H:%M}"
f"{ x = !s}{ y = :3}"
f"{x!a}"
f"\N{EM DASH}{x}\x41\u00e9\\N{y}"
f"{x,}" f"{*a, b}"
f"{lambda_}" if a else f'{(lambda: 1)()}'
f"{a['b']}" f'{a["b"]}'
f"{'é'}{x}"
f"{x:{y}{z:3}}"
f"{(yield)}"
''',
    "definitions": r"""
@a
@b.c(d)

# c
def f(): pass
def f(a, b=1, /, c: int = 2, *d: str, e, f=3, **g: (x)) -> (y): pass
def f(*, a): pass
def f(a, /): pass
def f(*args: *Ts): pass
async def f():
    async with a as b, c: pass
    async for x in y: await z
    return [x async for x in y]
@a
class A: pass
class A(): pass
class A(B, *C, metaclass=D, **E): pass
""",
    "try": r"""
try: pass
finally: pass
try: pass
except: pass
try: a
except (A, B) as e: b
except C: c;
else: d
try: a
except* A as e: b
except* (B, C): c
finally: d;
if a: pass
elif b: pass
elif c: pass
else: pass;
if a: pass
else:
    if b: pass
""",
    "match": r"""
match a:
    case 1: pass
match a, b:
    case 1, 2: pass
match *a, b:
    case [1, *_]: pass
match (a):
    case (1): pass
    case -1 | 2j if x: pass
match a,:
    case -1 | 2 - 3j | "a" "b" | b"c" | a.b | None | True | False: pass
    case (1 | 2) | 3: pass
    case ((1 | 2)) as x: pass
    case _: pass
match a:
    case [a, b, *rest]: pass
    case a, : pass
    case a, *_ : pass
    case *_, : pass
    case * _ , a: pass
    case * b ,: pass
    case (a), b: pass
    case (a, b), c: pass
    case ((a, b)): pass
    case (): pass
    case []: pass
    case [[a]]: pass
    case (a,): pass
    case (a): pass
    case ((a) as b): pass
    case {}: pass
    case {"a": 1, b.c: x, -1: _, **rest}: pass
    case {**rest}: pass
    case {None: x}: pass
    case A(): pass
    case a.B(x, y=1, z=C(),): pass
    case A(x=(1)): pass
    case a as b: pass
    case (a as b) , c as d: pass
    case str() | int() as x: pass
    case f if f: pass
match = 1; case = 2; type = 3; print(match, case, type)
match(a)
type (x)
""",
    "lines": r'''
def f():
    nonlocal a, b
    global c
    def g(): return
    # trailing

x = 1
if a:
    b
    # comment

# after
c
if a: # b
	b ; \
  c
x = a + \
  b
class A:
    """doc""" ; x = 1
    def f(self): ...
''',
}
"""Programs that Python 3.11 reads, by what they are about."""

NEWER = {
    "type alias": ("type X = list[int]", "X = list[int]"),
    "generic type alias": ("type X[T: int, *Ts, **P] = list[T]", "X = list[T]"),
    "generic function": ("def f[T = int](a: T) -> T: return a", "def f(a: T) -> T: return a"),
    "generic coroutine": ("async def f[T](): await a", "async def f(): await a"),
    "generic class": ("class A[T](B, c=d): x: T", "class A(B, c=d): x: T"),
    "quotes in quotes": ('f"{a["b"]}{f"{c}"}"', "f\"{a['b']}{f'{c}'}\""),
    "backslash in braces": (r"""f"{'\x41'.join(a)}" """, """f"{'A'.join(a)}" """),
    "lines and comments in braces": ('f"{\n  a  # why\n  !r\n}"', 'f"{a!r}"'),
    "comment before the equals sign": ('f"{a # why\n=}"', 'f"""{a \n=}"""'),
    "except without parentheses": ("try: a\nexcept B, C: d", "try: a\nexcept (B, C): d"),
    "except star without parentheses": ("try: a\nexcept* B, C: d", "try: a\nexcept* (B, C): d"),
    "lazy import": ("lazy import a.b as c", "import a.b as c"),
    "lazy import from": ("lazy from ..a import b", "from ..a import b"),
    "unpacking into a dict": ("{**a for a in b}", "{None: a for a in b}"),
}
"""Programs in newer grammar with the same in the grammar of Python 3.11."""
if not hasattr(cst, "LazyImport"):  # which libcst reads since 1.9, as it does the last of these
    NEWER = {name: pair for name, pair in NEWER.items() if "lazy" not in name and "unpacking" not in name}


def drop_what_cannot_agree(tree: ast.AST) -> None:
    """Python 3.12.1 also has empty texts in format specifications."""
    for node in ast.walk(tree):
        if hasattr(node, "type_params"):
            node.type_params = []
        if isinstance(node, ast.Constant):
            node.kind = None
        if isinstance(node, ast.JoinedStr):
            node.values = [part for part in node.values if not is_empty_text(part)]
            if WRONG_WITHIN_STRINGS:
                drop_positions_within(node)


def is_empty_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value == ""


def drop_positions_within(string: ast.JoinedStr) -> None:
    for node in ast.walk(string):
        if node is not string and "lineno" in node._attributes:
            for name in POSITION:
                setattr(node, name, 0)


def translate(text: str) -> ast.Module:
    return translated(cst.parse_module(text), text)


def only_expression(text: str) -> ast.expr:
    (statement,) = translate(text).body
    assert isinstance(statement, ast.Expr)
    return statement.value


def first_difference(translation: ast.AST, parsed: ast.AST) -> str | None:
    """The lines around the first difference, None for none."""
    for tree in (translation, parsed):
        drop_what_cannot_agree(tree)
    if ast.dump(translation, include_attributes=True) == ast.dump(parsed, include_attributes=True):
        return None
    ours, theirs = (ast.dump(tree, include_attributes=True, indent=1).splitlines() for tree in (translation, parsed))
    for row, (mine, other) in enumerate(zip_longest(ours, theirs)):
        if mine != other:
            around = slice(max(row - 6, 0), row + 3)
            return "\n".join([*ours[around], "and not", *theirs[around]])
    raise AssertionError("trees that differ are written alike")


@pytest.mark.filterwarnings("ignore:invalid escape sequence")
@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize("name", SOURCES)
def test_small_program(name: str, end: str) -> None:
    text = SOURCES[name].replace("\n", end)
    assert first_difference(translate(text), ast.parse(text)) is None


@pytest.mark.parametrize("text", ["", "\n", "# nothing", "x", "if x:\n  y\n  # z", "x = 1\rif x:\r  y\r"])
def test_ends_of_files(text: str) -> None:
    assert first_difference(translate(text), ast.parse(text)) is None


def kinds(base: type) -> Iterator[str]:
    """The names of the concrete kinds; libcst leaves two classes of each name behind."""
    for kind in base.__subclasses__():
        if not inspect.isabstract(kind) and not kind.__name__.startswith(("Base", "_")):
            yield kind.__name__
        yield from kinds(kind)


def test_programs_have_every_kind_of_node() -> None:
    """So that what a newer libcst reads is not forgotten."""
    found: set[str] = set()
    for text in [*SOURCES.values(), *(newer for newer, _ in NEWER.values()), 't"{x}"']:
        stack: list[cst.CSTNode] = [cst.parse_module(text)]
        while stack:
            node = stack.pop()
            found.add(type(node).__name__)
            stack.extend(node.children)
    bases = (
        cst.BaseExpression,
        cst.BaseElement,
        cst.BaseSlice,
        cst.BaseSmallStatement,
        cst.BaseStatement,
        cst.BaseSuite,
        cst.BaseUnaryOp,
        cst.BaseBinaryOp,
        cst.BaseCompOp,
        cst.BaseAugOp,
        cst.MatchPattern,
    )
    every = {kind for base in bases for kind in kinds(base)}
    assert len(every) > 100
    assert every - found == set()


def differing(files: list[Path]) -> tuple[int, dict[str, str]]:
    """How many files were compared, and the first difference of those that differ."""
    compared, found = 0, {}
    for file in files:
        data = file.read_bytes()
        try:
            parsed = ast.parse(data)
        except (SyntaxError, ValueError):
            continue
        module = cst.parse_module(data)
        compared += 1
        text = data.decode(module.encoding).removeprefix("\ufeff")
        difference = first_difference(translated(module, text), parsed)
        if difference is not None:
            found[file.name] = difference
    return compared, found


@pytest.mark.parametrize("folder", ["tests/fixtures", "fastapi_session_lint"])
def test_files_of_ours(folder: str) -> None:
    files = sorted((HERE.parent / folder).rglob("*.py"))
    compared, found = differing(files)
    assert found == {}
    assert compared > 0.9 * len(files) > 200


def test_standard_library() -> None:
    files = [file for file in sorted(LIBRARY.glob("*.py"))[::2] if file.stat().st_size < 30_000]
    compared, found = differing(files)
    assert found == {}
    assert compared > 30


@pytest.mark.parametrize("name", NEWER)
def test_newer_grammar(name: str) -> None:
    newer, older = NEWER[name]
    tree = translate(newer)
    if hasattr(ast, "TypeAlias"):
        tree.body = [assignment_of(one) for one in tree.body]
    for node in ast.walk(tree):
        if hasattr(node, "type_params"):
            assert node.type_params == []
    assert ast.dump(tree) == ast.dump(ast.parse(older))


def assignment_of(node: ast.stmt) -> ast.stmt:
    if sys.version_info >= (3, 12) and isinstance(node, ast.TypeAlias):
        return ast.Assign(targets=[node.name], value=node.value)
    return node


def test_positions_in_newer_grammar() -> None:
    """Those of Python 3.12 and later, where the columns of the second line count the bytes before."""
    text = 'def f[T](a: T):\n    é = f"é{a["ü"]}"; b\n'
    (function,) = translate(text).body
    statements = [place_of(one) for one in ast.walk(function) if isinstance(one, ast.stmt)]
    assert statements == [(1, 0, 2, 26), (2, 4, 2, 23), (2, 25, 2, 26)]
    (subscript,) = (one for one in ast.walk(function) if isinstance(one, ast.Subscript))
    assert place_of(subscript) == (2, 14, 2, 21)
    assert place_of(subscript.slice) == (2, 16, 2, 20)
    assert [place_of(one) for one in ast.walk(function) if isinstance(one, ast.arg)] == [(1, 9, 1, 13)]


def place_of(node: ast.AST) -> tuple[int, ...]:
    return tuple(getattr(node, name) for name in POSITION)


def test_template_string() -> None:
    """Where `ast` knows none, it is an f-string of another type."""
    text = 't"a{{{b!r:>{c}}}}"'
    if sys.version_info >= (3, 14):
        assert first_difference(translate(text), ast.parse(text)) is None
        return
    found, older = only_expression(text), only_expression(f"f{text[1:]}")
    assert isinstance(found, TemplateStr)
    assert isinstance(older, ast.JoinedStr)
    assert [ast.dump(part) for part in found.values] == [ast.dump(part) for part in older.values]
    assert place_of(found) == place_of(older)


def test_whitespace_that_libcst_loses() -> None:
    """A form feed before a statement, and a line end after a conversion, which is grammar of Python 3.12."""
    text = '\x0cx = 1\nf"{\n  x!r\n}"; é, y\n\x0cz\n'
    module = cst.parse_module(text)
    assert module.code != text
    found = translated(module, text)
    names = {node.id: (node.lineno, node.col_offset) for node in ast.walk(found) if isinstance(node, ast.Name)}
    assert names == {"x": (3, 2), "é": (4, 4), "y": (4, 8), "z": (5, 1)}
    assert found.body[0].col_offset == 1
    assert (found.body[1].lineno, found.body[1].end_lineno, found.body[1].end_col_offset) == (2, 4, 2)


def test_text_of_another_module() -> None:
    """Positions are then those in the code of the module, as without a text."""
    module = cst.parse_module("x = y\n")
    assert first_difference(translated(module, "y = x\n"), translated(module)) is None


def test_invalid_escapes_are_no_warning(recwarn: pytest.WarningsRecorder) -> None:
    translate(r'"\d"; f"\d{x}"')
    assert not recwarn.list


@pytest.mark.parametrize(
    "text", [r'x = f(1, "\x")', r'x = f(1, b"a" b"\x")', r'x = f(1, f"{a} \N{no}")', f"x = f(1, {'9' * 5000})"]
)
def test_literal_without_a_value(text: str) -> None:
    module = cst.parse_module(f"é\n{text}\n")
    with pytest.raises(SyntaxError) as caught:
        translated(module)
    assert caught.value.lineno == 2
    assert caught.value.offset is not None
    assert caught.value.offset >= 10
    with pytest.raises(SyntaxError):
        ast.parse(text)
