"""Put mistakes into code that is right, and count those that are reported: recall on any folder, without labels.

    python benchmarks/accuracy/mistakes.py FOLDER... [--kind awaits] [--show]

Of each folder a copy is made for each kind of mistake, with all mistakes of that kind at once. Places are chosen by
their text, since what the tool understands must not choose what it is asked about. So a few are none in truth, as a
session that only builds a query, and what is missed has to be read.
"""

from __future__ import annotations

import argparse
import ast
import re
import shlex
import shutil
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from fixes import Run, run

_SESSION = re.compile(r"\b(?:Async)?(?:Session|SessionDep|DbSession|DBSession)\b")
_FACTORY = re.compile(r"(?:\w+\.)*(?:SessionLocal|AsyncSessionLocal|Session|AsyncSession|async_session(?:_maker)?)")
_DEPENDENCY = re.compile(r"get_(?:async_)?(?:db|session|db_session)")
_ROUTE = re.compile(r"\w+\.(?:get|post|put|patch|delete)\(")
_CAUGHT = re.compile(r"\b(?:Exception|BaseException|SQLAlchemyError|IntegrityError|DBAPIError|OperationalError)\b")
_COROUTINES = frozenset({"commit", "flush", "refresh", "rollback", "execute"})
_IO = _COROUTINES | {"query", "scalar", "scalars", "get", "merge", "delete", "exec"}


class Mistake(NamedTuple):
    """The rows that change, by number, and between which rows the finding should stand."""

    changed: dict[int, str]
    first: int
    last: int


class Kind(NamedTuple):
    """One kind of mistake: the rules that report it, and how it is made in a file: its tree and its rows."""

    codes: frozenset[str]
    make: Callable[[ast.Module, Sequence[str]], Iterator[Mistake]]


Function = ast.FunctionDef | ast.AsyncFunctionDef


def awaits(tree: ast.Module, rows: Sequence[str]) -> Iterator[Mistake]:
    """An `await` is forgotten before a coroutine of an AsyncSession."""
    for function in functions(tree, ast.AsyncFunctionDef):
        sessions = {name for name, text in sessions_of(function) if "Async" in text}
        for node in ast.walk(function):
            match node:
                case ast.Expr(ast.Await(ast.Call(ast.Attribute(ast.Name(name), method)))) if name in sessions:
                    if method in _COROUTINES:
                        row = rows[node.lineno - 1].replace("await ", "", 1)
                        yield Mistake({node.lineno: row}, node.lineno, node.lineno)


def routes(tree: ast.Module, rows: Sequence[str]) -> Iterator[Mistake]:
    """A route that works with a sync session becomes `async def`."""
    for function in functions(tree, ast.FunctionDef):
        sessions = {name for name, text in sessions_of(function) if "Async" not in text}
        if any(_ROUTE.match(ast.unparse(one)) for one in function.decorator_list) and talks(function, sessions):
            row = rows[function.lineno - 1].replace("def ", "async def ", 1)
            yield Mistake({function.lineno: row}, function.lineno, function.end_lineno or function.lineno)


def blocks(tree: ast.Module, rows: Sequence[str]) -> Iterator[Mistake]:
    """A session is made without the block that closed it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.With | ast.AsyncWith) and node.body[0].lineno > node.lineno:
            match node.items:
                case [ast.withitem(ast.Call(maker) as call, ast.Name(name))] if _FACTORY.fullmatch(ast.unparse(maker)):
                    if call.end_lineno == node.lineno and not has_yield(node):
                        row = f"{indent(rows, node.lineno)}if {name} := {ast.unparse(call)}:"
                        yield Mistake({node.lineno: row}, node.lineno, node.lineno)


def managers(tree: ast.Module, rows: Sequence[str]) -> Iterator[Mistake]:
    """An async session is opened by `with`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.AsyncWith):
            maker = node.items[0].context_expr
            if isinstance(maker, ast.Call) and _FACTORY.fullmatch(ast.unparse(maker.func)):
                row = rows[node.lineno - 1].replace("async with", "with", 1)
                yield Mistake({node.lineno: row}, node.lineno, node.lineno)


def rollbacks(tree: ast.Module, rows: Sequence[str]) -> Iterator[Mistake]:
    """A handler asks the failed session for something before it rolls it back."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Try) and any(".commit()" in ast.unparse(one) for one in node.body):
            caught = (one for one in node.handlers if one.type is None or _CAUGHT.search(ast.unparse(one.type)))
            for step in (step for handler in caught for step in handler.body):
                if re.fullmatch(r"(?:await )?\w+\.rollback\(\)", ast.unparse(step)):
                    row = rows[step.lineno - 1].replace(".rollback()", ".execute(None)")
                    yield Mistake({step.lineno: row}, node.lineno, node.end_lineno or node.lineno)
                    break


def endings(tree: ast.Module, rows: Sequence[str]) -> Iterator[Mistake]:
    """A dependency closes its session behind the `yield`, where an error passes it by."""
    for function in (*functions(tree, ast.FunctionDef), *functions(tree, ast.AsyncFunctionDef)):
        for node in function.body:
            match node:
                case ast.Try(handlers=[], orelse=[], finalbody=[ast.Expr(closing)]) if has_yield(node):
                    last = next(row for row in range(closing.lineno, 0, -1) if "finally:" in rows[row - 1])
                    if closed_name(closing) in made_in(function) and last < closing.lineno:
                        changed = {row: f"{indent(rows, row)}if True:" for row in (node.lineno, last)}
                        yield Mistake(changed, function.lineno, function.end_lineno or last)


def markers(tree: ast.Module, rows: Sequence[str]) -> Iterator[Mistake]:
    """A dependency is called in its `Depends(…)`."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(ast.Name("Depends"), [ast.Name(name)], []) if _DEPENDENCY.fullmatch(name):
                row = rows[node.lineno - 1]
                if row.count(text := f"Depends({name})") == 1:
                    yield Mistake({node.lineno: row.replace(text, f"Depends({name}())")}, node.lineno, node.lineno)


KINDS = {
    "awaits": Kind(frozenset({"FSL402"}), awaits),
    "routes": Kind(frozenset({"FSL401", "FSL410"}), routes),
    "blocks": Kind(frozenset({"FSL101", "FSL102"}), blocks),
    "managers": Kind(frozenset({"FSL409"}), managers),
    "rollbacks": Kind(frozenset({"FSL201"}), rollbacks),
    "endings": Kind(frozenset({"FSL101", "FSL102", "FSL103"}), endings),
    "markers": Kind(frozenset({"FSL106"}), markers),
}


# --- what stands in a file -------------------------------------------------------------------------------------------


def functions(tree: ast.Module, kind: type[Function]) -> Iterator[Function]:
    """The functions of a kind."""
    return (node for node in ast.walk(tree) if isinstance(node, kind))


def sessions_of(function: Function) -> Iterator[tuple[str, str]]:
    """The parameters that are sessions by their annotation, with that."""
    for one in (*function.args.args, *function.args.kwonlyargs):
        text = ast.unparse(one.annotation) if one.annotation is not None else ""
        if _SESSION.search(text):
            yield one.arg, text


def made_in(function: Function) -> set[str]:
    """The names that get what a factory of sessions makes."""
    found = set()
    for node in ast.walk(function):
        match node:
            case ast.Assign([ast.Name(name)], ast.Call(maker)) if _FACTORY.fullmatch(ast.unparse(maker)):
                found.add(name)
    return found


def closed_name(expression: ast.expr) -> str:
    """What is closed by `name.close()`, awaited or not."""
    match expression:
        case ast.Await(value):
            return closed_name(value)
        case ast.Call(ast.Attribute(ast.Name(name), "close"), [], []):
            return name
    return ""


def talks(function: Function, sessions: set[str]) -> bool:
    """Whether a function calls a method of one of its sessions that talks to the database."""
    for node in ast.walk(function):
        match node:
            case ast.Call(ast.Attribute(ast.Name(name), method)) if name in sessions and method in _IO:
                return True
    return False


def has_yield(node: ast.AST) -> bool:
    """Whether something is given out in a block."""
    return any(isinstance(one, ast.Yield | ast.YieldFrom) for one in ast.walk(node))


def indent(rows: Sequence[str], row: int) -> str:
    """The white space at the beginning of a row (from 1)."""
    text = rows[row - 1]
    return text[: len(text) - len(text.lstrip())]


# --- a folder --------------------------------------------------------------------------------------------------------


def put_into(folder: Path, kind: Kind) -> dict[Path, list[Mistake]]:
    """The mistakes that were made in the files of a folder."""
    made: dict[Path, list[Mistake]] = {}
    for path in sorted(folder.rglob("*.py")):
        try:
            text = path.read_text(encoding="utf-8")
            tree = ast.parse(text)
        except (OSError, ValueError, SyntaxError):
            continue
        rows = text.split("\n")
        found = list(kind.make(tree, rows))
        for number, row in ((number, row) for one in found for number, row in one.changed.items()):
            rows[number - 1] = row
        if found and is_python("\n".join(rows)):
            path.write_text("\n".join(rows), encoding="utf-8")
            made[path] = found
    return made


def is_python(text: str) -> bool:
    """Whether a text can still be parsed."""
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True


def missed(made: dict[Path, list[Mistake]], report: Run, codes: frozenset[str]) -> Iterator[tuple[Path, Mistake]]:
    """The mistakes that no finding speaks of."""
    found = [(Path(one["filename"]), one["location"]["row"]) for one in report.items if one["code"] in codes]
    for path, mistakes in made.items():
        rows = [row for place, row in found if place == path]
        yield from ((path, one) for one in mistakes if not any(one.first <= row <= one.last for row in rows))


def count(folder: Path, kind: Kind, command: Sequence[str], *, shows: bool) -> tuple[int, int]:
    """How many mistakes of a kind were put into a copy of a folder, and how many of them were reported."""
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch).resolve() / folder.resolve().name
        shutil.copytree(folder, copy, symlinks=True, ignore=shutil.ignore_patterns(".git"))
        made = put_into(copy, kind)
        if not made:
            return 0, 0
        report = run(command, copy, "--no-cache", "--select", ",".join(sorted(kind.codes)))
        left = list(missed(made, report, kind.codes))
        for path, one in left if shows else ():
            print(f"{folder / path.relative_to(copy)}:{one.first}")
        total = sum(map(len, made.values()))
        return total, total - len(left)


def main() -> int:
    """Count and print, a line for each kind."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+", help="what is checked, each a project")
    parser.add_argument("--kind", choices=KINDS, action="append", help="only this kind; may be repeated")
    parser.add_argument("--fsl", default=f"{sys.executable} -m fastapi_session_lint", help="the command")
    parser.add_argument("--show", action="store_true", help="print where a mistake was not reported")
    options = parser.parse_args()
    warnings.simplefilter("ignore", SyntaxWarning)
    for name in options.kind or KINDS:
        counts = [count(one, KINDS[name], shlex.split(options.fsl), shows=options.show) for one in options.folders]
        total, reported = (sum(column) for column in zip(*counts, strict=True))
        print(f"{name:10} {reported:5} of {total:5} reported")
    return 0


if __name__ == "__main__":
    sys.exit(main())
