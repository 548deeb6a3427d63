"""Which files and which top-level statements can concern a session at all, by their bytes alone.

A word list that is too wide costs time; one that is too narrow costs findings. It names what the libraries call their
things, and what the patterns are called by which sessions are kept in layers, never what a project does: a def without
any of these words can neither make nor use a session. What can hand on an object that has one, a short getter or a
class derived from another, is kept without any word.
"""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import cast

_WORDS = (
    *("session", "engine", "_db", "database", "commit", "rollback", "flush", ".execute", ".query(", "scalar", ".add("),
    *(
        ".add_all",
        "refresh",
        "depends",
        "security",
        "unit_of_work",
        "repo",
        "yield",
        "sqlite",
        "sqlalchemy",
        "sqlmodel",
        "fastapi(",
    ),
    *("connect", "transaction", "dependency_overrides", "context_getter"),
    *("asyncio", "anyio", "uvloop", "testclient", "url", "dsn"),
    *("maker", "factory", "add_job", "enqueue", "on_event", "lifespan", "add_event_handler"),
    *(".all()", ".first()", ".one()", ".count()"),
)
"""Parts of words, in lower case: most statements have one, and to look for them one by one is quick."""
_WHOLE_WORDS = re.compile(
    r"\bdb|db\b|\buow\b|dao\b|uri\b|\bconn\b|_conn\b|\bcreate_all|\.remove(?:\(\)|[,)])|\.pop(?:item|left)?\(|\bdel "
)
_FEW = 3
"""How many statements a def has that does no more than hand something on."""
_NO_RETURN = ("NoReturn", "Never")
_FILE_CONCERNS = re.compile(
    rb"session|engine|sqlalchemy|sqlmodel|commit\(|rollback\(|\.execute|\.query\(|\.scalar|depends|sqlite|database"
    rb"|\bdb\b|import \*|on_event|lifespan|add_event_handler|\n(?:    ){1,3}raise |\bexit\(|dependency_overrides"
    rb"|context_getter"
    rb"|\.remove(?:\(\)|[,)])|://[^\s:/@\"']+:[^\s@/]+@|repositor|repo\b|dao\b|uow\b|unit_?of_?work",
    re.IGNORECASE,
)
_ASSIGNMENT = re.compile(
    rb"^(?:type[ \t]+)?(\w{3,})[^\n=()]*=[ \t(\n]*((?:\w+\.)*(?:Annotated\[|Depends\(|Security\()"
    rb"(?:[^\n]|\n(?=[ \t\])}]))*)",
    re.MULTILINE,
)
_INJECTORS = (b"Depends(", b"Security(")
"""One of these stands wherever `_INJECTS` does: to look for them first takes a tenth of the time."""
_INJECTS = re.compile(rb"\b(?:Depends|Security)\(")
_CALLED = re.compile(
    rb"\n(?:class (?P<made>\w+)|(?:async )?def (?P<called>\w{3,})\(|[ \t]+def (?P<makes>__init__)\("
    rb"|[ \t]+\w+[ \t]*:[^\n=(]*=[ \t]*(?:\w+\.)*(?P<field>Depends|Security)\([^\n]*\)[ \t]*(?=\r?\n))"
)
_SHORT = 2
"""Names of so few letters are mentioned everywhere."""
_TAKES_INJECTED = re.compile(rb"(?:[^()]|\([^()]*\))*?=\s*(?:\w+\.)*(?:Depends|Security)\(")


def injected_names(contents: Iterable[bytes]) -> frozenset[str]:
    """The names that files give to something injected, as `UserServiceDep = Annotated[…, Depends(…)]`.

    A route that only mentions one has none of the words that concern a session, and may have one all the same. With
    them go the functions and classes that FastAPI shall call, for those who call them directly.
    """
    found: set[str] = set()
    for data in contents:
        if any(one in data for one in _INJECTORS) and _INJECTS.search(data):
            found |= {one[1].decode() for one in _ASSIGNMENT.finditer(data) if _INJECTS.search(one[2])}
            found.update(_takers(data))
    return frozenset(found)


def _takers(data: bytes) -> Iterator[str]:
    """The plain functions, and the classes by their `__init__` or a field, that have something injected as a default.

    Whoever calls one of them without that argument need not have any word of a session. A decorated function is most
    likely a route, whose name says little and is mentioned nowhere.
    """
    data = b"\n" + data
    made = b""
    for one in _CALLED.finditer(data):
        if one["made"]:
            made = one["made"]
        elif one["field"]:
            yield from [made.decode()] if len(made) > _SHORT else []
        elif _TAKES_INJECTED.match(data, one.end()):
            if one["makes"]:
                yield from [made.decode()] if len(made) > _SHORT else []
            elif not _is_decorated(data, one.start()):
                yield one["called"].decode()


def _is_decorated(data: bytes, end: int) -> bool:
    """Whether the row that ends at a point is a decorator, or the last of one."""
    return data[data.rfind(b"\n", 0, end) + 1 : end].startswith((b"@", b")"))


def _mentions(text: str, names: frozenset[str]) -> bool:
    """Whether any of some names is a word of a text; few texts have one even as a part of a word."""
    return any(name in text for name in names) and _mention(names).search(text) is not None


@functools.lru_cache(maxsize=64)
def _mention(names: frozenset[str]) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(sorted(names))})\b", re.ASCII)


def file_concerns(path: str, data: bytes, names: frozenset[str] = frozenset()) -> bool:
    """Whether a file must be read; a package's `__init__` always must, since it may hand names on.

    `names` are the injected names of the project.
    """
    if path.endswith("/__init__.py") or _FILE_CONCERNS.search(data) is not None:
        return True
    return _mentions(data.decode(errors="replace"), names)


def parsed(data: bytes) -> ast.Module | None:
    """The tree of a file that concerns no session, None where Python cannot read it: then libcst must say why."""
    try:
        tree = compile(data, "<source>", "exec", dont_inherit=True, flags=ast.PyCF_ONLY_AST)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return cast("ast.Module", tree)


def split_statements(
    tree: ast.Module, lines: Sequence[str], names: frozenset[str] = frozenset()
) -> tuple[list[ast.stmt], list[ast.stmt]]:
    """The statements to lower, and those to skip; only a def or class is ever skipped.

    `names` are the injected names of the project.
    """
    ending = _never_returning(tree)
    kept: list[ast.stmt] = []
    skipped: list[ast.stmt] = []
    for statement in tree.body:
        if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            kept.append(statement)
            continue
        text = "".join(lines[slice(*_rows(statement))])
        concerns = statement.name in ending or _has_word(text.lower()) or _hands_on(statement) or _mentions(text, names)
        (kept if concerns else skipped).append(statement)
    return kept, skipped


def _has_word(text: str) -> bool:
    """Whether a text, in lower case, has a word that concerns sessions."""
    return any(word in text for word in _WORDS) or _WHOLE_WORDS.search(text) is not None


def _never_returning(tree: ast.Module) -> frozenset[str]:
    """The helpers of a file that may end every path that calls them, those that leave it to another one included."""
    found: frozenset[str] = frozenset()
    while True:
        more = frozenset(getattr(one, "name", "") for one in tree.body if _may_never_return(one, found))
        if more <= found:
            return found
        found |= more


def _may_never_return(statement: ast.stmt, known: frozenset[str]) -> bool:
    """Whether a def says so, or its last statement raises or calls exit; whether a class has such a method."""
    match statement:
        case ast.FunctionDef(returns=returns, body=body) | ast.AsyncFunctionDef(returns=returns, body=body):
            return _ends(body, known) or (returns is not None and ast.unparse(returns).endswith(_NO_RETURN))
        case ast.ClassDef(body=body):
            return any(_may_never_return(one, known) for one in body)
    return False


def _ends(body: Sequence[ast.stmt], known: frozenset[str]) -> bool:
    """Whether nothing comes after a block: its last statement raises or calls exit, on each of its branches."""
    match body[-1] if body else None:
        case ast.Raise(exc=exc):
            return exc is None or "NotImplementedError" not in ast.dump(exc)
        case ast.If(body=first, orelse=second):
            return _ends(first, known) and _ends(second, known)
        case ast.With(body=inner) | ast.AsyncWith(body=inner):
            return _ends(inner, known)
        case ast.Try(body=first, handlers=handlers, orelse=second, finalbody=last):
            return _ends(last, known) or (
                _ends(second or first, known) and all(_ends(one.body, known) for one in handlers)
            )
        case ast.Match(cases=cases):
            return all(_ends(one.body, known) for one in cases)
        case ast.Expr(value=ast.Call(func=ast.Name(id=name))):
            return name in known or "exit" in name
        case ast.Expr(value=ast.Call(func=ast.Attribute(attr=name))):
            return "exit" in name
    return False


def _hands_on(statement: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> bool:
    """Whether a def gives back what it is told by another, or a class takes over what another is."""
    body = statement.body
    if isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        body = body[1:]  # a docstring, or the `...` of a class that adds nothing
    if isinstance(statement, ast.ClassDef):
        has_methods = any(isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef) for one in body)
        return bool(statement.bases) and (has_methods or len(body) <= _FEW) and not _declares(body)
    last = body[-1] if 0 < len(body) <= _FEW else None
    return isinstance(last, ast.Return) and isinstance(last.value, ast.Call | ast.Attribute | ast.Name | ast.Await)


def _declares(body: Sequence[ast.stmt]) -> bool:
    """A class of nothing but typed fields is a schema."""
    return any(isinstance(one, ast.AnnAssign) for one in body)


def _rows(statement: ast.stmt) -> tuple[int, int]:
    """The first row of a statement, its decorators included, counted from 0, and the row after its last."""
    decorators = getattr(statement, "decorator_list", ())
    first = min([statement.lineno, *[one.lineno for one in decorators]])
    return first - 1, statement.end_lineno or statement.lineno
