"""What a file or def that is not lowered says to others all the same: what it imports, derives, makes and calls.

Nothing in it can concern a session by itself; but it may hand names on, derive a class from one that has a session, or
be the only caller of a function. `ast` and a search over the text tell as much, without libcst and without places.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterable, Iterator, Sequence

from fastapi_session_lint.model.expressions import NOWHERE, Argument, Attribute, Call, Expression, Name
from fastapi_session_lint.model.places import Places
from fastapi_session_lint.model.scopes import ScopeBuilder
from fastapi_session_lint.model.syntax import OWN_LEVEL, Assigned, Class, Definition, Imported, Module, Other, Skipped
from fastapi_session_lint.source import decode, split_lines
from fastapi_session_lint.vocabulary import EXTERNAL_TOPS

_CALLED = re.compile(r"(?<![\w.])(?<!def )(?<!class )([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)\(")
_Def = ast.FunctionDef | ast.AsyncFunctionDef
_BLOCKS = ("body", "orelse", "finalbody", "handlers")


def outline(path: str, tree: ast.Module, data: bytes) -> Module | None:
    """A module of nothing but its names; None where it imports nothing that may be the project's."""
    ours = {name for name, one in _imports(tree.body) if not is_external(one)}
    if not ours:
        return None
    lines = split_lines(decode(data).text)
    builder = ScopeBuilder("module", "", None)
    known = ours | {name for statement in _flat(tree.body) for name in _made(statement)}
    builder.depth = 1
    for statement in tree.body:
        for name, definition in _definitions(statement, known, lines):
            builder.bind(name, definition)
    at_own_level = [one for one in tree.body if not isinstance(one, _Def | ast.ClassDef | ast.Import | ast.ImportFrom)]
    calls = tuple(call for one in at_own_level for call in _called_names(one, known, lines))
    builder.bind(OWN_LEVEL, Skipped(OWN_LEVEL, calls=calls))
    return Module(
        path=path,
        body=(),
        bindings=builder.frozen_bindings(),
        last_bindings=builder.frozen_last(),
        star_imports=(),
        exports=None,
        calls=(),
        stores=(),
        lambdas=(),
        places=Places(),
    )


def is_external(definition: Definition) -> bool:
    """Whether a name is imported from a library."""
    return (
        isinstance(definition, Imported)
        and not definition.level
        and definition.module.partition(".")[0] in EXTERNAL_TOPS
    )


def _called_names(statement: ast.stmt, known: Collection[str], lines: Sequence[str]) -> tuple[Expression, ...]:
    """What a statement calls by a dotted name that begins with one of those that are known."""
    text = "".join(lines[statement.lineno - 1 : statement.end_lineno])
    found = dict.fromkeys(one for one in _CALLED.findall(text) if one.partition(".")[0] in known)
    return tuple(_expression(one.split(".")) for one in found)


def skipped_definition(name: str, statement: ast.stmt, known: Collection[str], lines: Sequence[str]) -> Skipped:
    """What is kept of a def or class that is not lowered."""
    calls = _called_names(statement, known, lines)
    is_decorated = bool(getattr(statement, "decorator_list", ()))
    return Skipped(name, _parameter_names(statement), calls, isinstance(statement, ast.ClassDef), is_decorated)


def _parameter_names(statement: ast.stmt) -> tuple[str, ...]:
    """The parameters of a def, those with stars apart."""
    if not isinstance(statement, _Def):
        return ()
    given = statement.args
    return tuple(one.arg for one in (*given.posonlyargs, *given.args, *given.kwonlyargs))


def _expression(names: Sequence[str]) -> Expression:
    found: Expression = Name(names[0])
    for name in names[1:]:
        found = Attribute(found, name)
    return found


def _flat(body: Iterable[ast.AST]) -> Iterator[ast.stmt]:
    """The statements of a block with those of the compound statements in it, defs and classes apart."""
    for statement in body:
        if isinstance(statement, ast.stmt):
            yield statement
        if not isinstance(statement, _Def | ast.ClassDef):
            for block in _BLOCKS:
                yield from _flat(getattr(statement, block, ()))


def _imports(body: Iterable[ast.AST]) -> Iterator[tuple[str, Imported]]:
    for statement in _flat(body):
        match statement:
            case ast.Import(names):
                for one in names:
                    top = one.name.partition(".")[0]
                    yield (one.asname or top, Imported(one.name if one.asname else top, None, 0, NOWHERE))
            case ast.ImportFrom(module, names, level):
                for one in names:
                    yield (one.asname or one.name, Imported(module or "", one.name, level or 0, NOWHERE))


def _made(statement: ast.stmt) -> Iterator[str]:
    """The names that a statement binds by itself."""
    match statement:
        case ast.FunctionDef(name) | ast.AsyncFunctionDef(name) | ast.ClassDef(name):
            yield name
        case ast.Assign(targets):
            yield from (one.id for one in targets if isinstance(one, ast.Name))
        case ast.AnnAssign(ast.Name(name)):
            yield name


def _definitions(statement: ast.stmt, known: Collection[str], lines: Sequence[str]) -> Iterator[tuple[str, Definition]]:
    match statement:
        case ast.Import() | ast.ImportFrom():
            yield from _imports([statement])
        case ast.ClassDef(name) if (made := _class(statement, known, lines)) is not None:
            yield name, made
        case ast.FunctionDef(name) | ast.AsyncFunctionDef(name) | ast.ClassDef(name):
            yield name, skipped_definition(name, statement, known, lines)
        case ast.Assign([ast.Name(name)], value) | ast.AnnAssign(ast.Name(name), _, value):
            lowered = _value(value)
            yield (name, Other() if lowered is None else Assigned(lowered, None, "=", None, NOWHERE))
        case _:
            for one in _flat([statement]):
                yield from _imports([one] if isinstance(one, ast.Import | ast.ImportFrom) else [])
                yield from ((name, Other()) for name in _made(one))


def _class(node: ast.ClassDef, known: Collection[str], lines: Sequence[str]) -> Class | None:
    """A class that is derived from what may be the project's, with its own methods unread."""
    bases = [_value(one.value if isinstance(one, ast.Subscript) else one) for one in node.bases]
    roots = {one.partition(".")[0] for one in map(ast.unparse, node.bases)}
    if not any(root.partition("[")[0] in known for root in roots):
        return None
    bindings: dict[str, tuple[Definition, ...]] = {}
    for one in _flat(node.body):
        for name in _made(one):
            is_method = isinstance(one, _Def)
            bindings[name] = (skipped_definition(name, one, known, lines) if is_method else Other(),)
    return Class(
        name=node.name,
        qualified_name=node.name,
        bases=tuple(one for one in bases if one is not None),
        keywords=(),
        decorators=(),
        body=(),
        bindings=bindings,
        last_bindings={},
        attributes={},
        calls=(),
        lambdas=(),
        place=NOWHERE,
    )


def _value(node: ast.expr | None) -> Expression | None:
    """A name, an attribute, or a call of one, in the small language; None for anything else."""
    match node:
        case ast.Name(name):
            return Name(name)
        case ast.Attribute(value, name) if (inner := _value(value)) is not None:
            return Attribute(inner, name)
        case ast.Call(function, arguments, []) if (inner := _value(function)) is not None:
            given = [_value(one) for one in arguments]
            return Call(inner, tuple(Argument(None, one, "") for one in given if one is not None), NOWHERE)
    return None
