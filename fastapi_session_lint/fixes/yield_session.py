"""A dependency that returns its session turned into one that yields it, closed when the request ends."""

from __future__ import annotations

import libcst as cst

from fastapi_session_lint.findings import Applicability, Fix, Repair
from fastapi_session_lint.fixes.edits import Draft
from fastapi_session_lint.fixes.enclose import write_with
from fastapi_session_lint.fixes.imports import bring
from fastapi_session_lint.fixes.names import is_captured, is_taken, mentions, scope_mentions
from fastapi_session_lint.fixes.sessions import close_at, dotted, is_one_call, only_creation, own_nodes
from fastapi_session_lint.fixes.suites import Shape, reshape, statement_of, suite_of, suites_inside
from fastapi_session_lint.fixes.tree import Tree

_ITERATORS = frozenset({"AsyncGenerator", "AsyncIterable", "AsyncIterator", "Generator", "Iterable", "Iterator"})
_PLAIN_DECORATORS = frozenset({"classmethod", "staticmethod"})


def yield_instead_of_return(tree: Tree, repair: Repair) -> Fix | None:
    """`yield` in a `with` that opens the session, or in the one that is there, and the annotation to match."""
    given = tree.find(repair.span, cst.Return)
    function = tree.scope(given) if given else None
    if given is None or given.value is None or not isinstance(function, cst.FunctionDef):
        return None
    if not _may_yield(tree, function, given):
        return None
    draft = Draft()
    if not (
        _open_call(tree, draft, given, repair)
        if isinstance(given.value, cst.Call) and not scope_mentions(tree, function, repair.subject)
        else _open_name(tree, draft, function, given, repair)
    ):
        return None
    is_async = repair.is_async or function.asynchronous is not None
    if is_async and function.asynchronous is None:
        draft.insert(tree.start(function), "async ")
    if not _mend_annotation(tree, draft, function, is_async):
        return None
    return Fix("Yield the session, and close it after the request", Applicability.UNSAFE, draft.edits())


def _may_yield(tree: Tree, function: cst.FunctionDef, given: cst.Return) -> bool:
    """Whether the function has this one way out, reached whatever happens, and nothing that makes it something else."""
    if any(dotted(one.decorator) not in _PLAIN_DECORATORS for one in function.decorators):
        return False
    name = function.name.value
    if name.startswith("__") and name != "__call__":
        return False
    leaving = list(own_nodes(function.body, cst.Yield, cst.Return))
    return leaving == [given] and _ends(tree, given, function)


def _ends(tree: Tree, given: cst.Return, function: cst.FunctionDef) -> bool:
    """Whether the return is the last thing in the body, in nothing but `with` and try statements without handlers."""
    statement = statement_of(tree, given)
    while True:
        around = suite_of(tree, statement)
        if around is None or around.steps[-1].node is not statement:
            return False
        holder = tree.parent(around.block)
        if holder is function:
            return True
        if isinstance(holder, cst.Try) and (holder.handlers or around.block is not holder.body):
            return False
        if not isinstance(holder, cst.With | cst.Try):
            return False
        statement = holder


def _open_call(tree: Tree, draft: Draft, given: cst.Return, repair: Repair) -> bool:
    """`return SessionLocal()` as `with SessionLocal() as db: yield db`."""
    name = next((name for name in ("db", "session", "db_session") if not is_taken(tree, name)), None)
    around = suite_of(tree, given)
    value = given.value
    if (
        name is None
        or around is None
        or value is None
        or not is_one_call(value)
        or tree.start(value)[0] != tree.end(value)[0]
    ):
        return False
    index = around.index(given)
    shape = Shape(apart={index}, broken={index})
    shape.before[index] = [f"{_keyword(repair)} {tree.source_of(value)} as {name}:"]
    shape.indent(index, index)
    reshape(tree, draft, around, shape)
    draft.replace(tree.start(given), tree.end(value), f"yield {name}")
    return True


def _open_name(tree: Tree, draft: Draft, function: cst.FunctionDef, given: cst.Return, repair: Repair) -> bool:
    """`db = SessionLocal() … return db` as `with SessionLocal() as db: … yield db`; closed already, as `yield db`."""
    start = tree.start(given)
    if not repair.subject or not mentions(tree, given, repair.subject):
        return False
    if not _is_closed_around(tree, given, repair.subject):
        made = only_creation(tree, function, repair.subject)
        around = suite_of(tree, given)
        if made is None or around is None or around.block is not made.suite.block:
            return False
        if any(is_captured(tree, name, function) for name in scope_mentions(tree, function.body, repair.subject)):
            return False
        write_with(tree, draft, made, _keyword(repair))
        shape = Shape(tight={made.index + 1}, broken={made.index})
        shape.indent(made.index + 1, len(around.steps) - 1)
        reshape(tree, draft, around, shape)
    draft.replace(start, (start[0], start[1] + len("return")), "yield")
    return True


def _is_closed_around(tree: Tree, given: cst.Return, subject: str) -> bool:
    """Whether a `with` that gives the session, or a finally clause that closes it, stands around the return."""
    for above in tree.ancestors(given):
        if isinstance(above, cst.With):
            names = [item.asname.name for item in above.items if item.asname]
            if any(dotted(name) == subject for name in names):
                return True
        elif isinstance(above, cst.Try) and above.finalbody is not None:
            steps = [step for inner in suites_inside(tree, above.finalbody) for step in inner.steps]
            if any(close_at(step.node, subject) for step in steps):
                return True
        elif isinstance(above, cst.FunctionDef):
            return False
    return False


def _keyword(repair: Repair) -> str:
    return "async with" if repair.is_async else "with"


def _mend_annotation(tree: Tree, draft: Draft, function: cst.FunctionDef, is_async: bool) -> bool:
    """`-> Session` as `-> Iterator[Session]`; False where the name cannot be imported."""
    if function.returns is None:
        return True
    given = function.returns.annotation
    base = dotted(given.value if isinstance(given, cst.Subscript) else given) or ""
    if base.rpartition(".")[2] in _ITERATORS:
        return True
    iterator = bring(tree, draft, "collections.abc", "AsyncIterator" if is_async else "Iterator")
    if iterator is None:
        return False
    draft.insert(tree.start(given), f"{iterator}[")
    draft.insert(tree.end(given), "]")
    return True
