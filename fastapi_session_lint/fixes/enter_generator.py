"""A generator dependency that is called by hand, entered as the context manager that it should be."""

from __future__ import annotations

from dataclasses import dataclass

import libcst as cst

from fastapi_session_lint.findings import Applicability, Fix, Repair
from fastapi_session_lint.fixes.edits import Draft
from fastapi_session_lint.fixes.enclose import enclose
from fastapi_session_lint.fixes.imports import bring
from fastapi_session_lint.fixes.names import scope_mentions
from fastapi_session_lint.fixes.removal import drop, drop_semicolon
from fastapi_session_lint.fixes.sessions import Creation, close_at, creation_at, dotted
from fastapi_session_lint.fixes.suites import Suite, suite, suite_of
from fastapi_session_lint.fixes.tree import Tree, children

_STEPS = {"next": False, "anext": True, "__next__": False, "__anext__": True}


@dataclass(frozen=True, slots=True)
class Generator:
    """The call that makes a generator, and whether it is an async one."""

    call: cst.Call
    is_async: bool

    @property
    def keyword(self) -> str:
        """The statement that enters it."""
        return "async with" if self.is_async else "with"


def enter_generator(tree: Tree, repair: Repair) -> Fix | None:
    """`with contextmanager(get_db)() as db:` around what uses the session."""
    call = tree.find(repair.span, cst.Call)
    if call is None:
        return None
    loop = tree.parent(call)
    if isinstance(loop, cst.For) and loop.iter is call:
        return _enter_loop(tree, loop, Generator(call, loop.asynchronous is not None))
    generator = _driven(call, repair.is_async)
    made = creation_at(tree, call)
    if made is None or generator is None or dotted(generator.call.func) is None:
        return None
    return _merge_with_try(tree, made, generator) or _enter(tree, made, generator)


def _driven(call: cst.Call, is_async: bool) -> Generator | None:
    """What `next(get_db())` and the like drive; any other call makes the generator itself."""
    match call:
        case cst.Call(func=cst.Name(value=name), args=args) if name in _STEPS:
            first = args[0] if args else None
            made = first.value if first and not first.star else None
        case cst.Call(func=cst.Attribute(value=made, attr=cst.Name(value=name))) if name in _STEPS:
            pass
        case _:
            return Generator(call, is_async)
    return Generator(made, _STEPS[name]) if isinstance(made, cst.Call) else None


def _manager(tree: Tree, draft: Draft, generator: Generator) -> str | None:
    """The expression that gives the context manager; None where its maker cannot be imported."""
    maker = bring(tree, draft, "contextlib", "asynccontextmanager" if generator.is_async else "contextmanager")
    func = generator.call.func
    arguments = tree.source(tree.end(func), tree.bare_end(generator.call))
    return f"{maker}({tree.source_of(func)}){arguments}" if maker else None


def _fix(draft: Draft, generator: Generator) -> Fix:
    title = f"Enter `{dotted(generator.call.func)}` as a context manager"
    return Fix(title, Applicability.UNSAFE, draft.edits())


def _enter(tree: Tree, made: Creation, generator: Generator) -> Fix | None:
    imports = Draft()
    manager = _manager(tree, imports, generator)
    if manager is None:
        return None

    def write_header(draft: Draft) -> None:
        header = f"{generator.keyword} {manager} as {made.name}:"
        draft.replace(made.suite.steps[made.index].start, tree.end(made.value), header)
        drop_semicolon(tree, draft, made.suite, made.index)

    draft = enclose(tree, made, is_async=generator.is_async, write_header=write_header)
    if draft is None:
        return None
    draft.take(imports)
    return _fix(draft, generator)


def _merge_with_try(tree: Tree, made: Creation, generator: Generator) -> Fix | None:
    """`db = next(get_db())`, `try: … finally: db.close()` as `with … as db: …`."""
    closing = _closing_try(tree, made)
    if closing is None or (generator.is_async and not tree.is_in_async_function(made.statement)):
        return None
    draft = Draft()
    manager = _manager(tree, draft, generator)
    clause = closing.finalbody
    if manager is None or clause is None:
        return None
    start = tree.start(closing)
    _close_up(tree, draft, drop(tree, draft, made.suite, made.index), start[0])
    draft.replace(start, (start[0], start[1] + len("try")), f"{generator.keyword} {manager} as {made.name}")
    draft.delete((tree.start(clause)[0], 0), (tree.end(clause)[0] + 1, 0))
    return _fix(draft, generator)


def _close_up(tree: Tree, draft: Draft, gone: frozenset[int], row: int) -> None:
    """Take out the blank rows between rows that are gone and the one that the comment above these is about now."""
    first = max(gone, default=row) + 1
    if gone and tree.is_comment(min(gone) - 1) and all(tree.is_blank(one) for one in range(first, row)):
        draft.delete((first, 0), (row, 0))


def _closing_try(tree: Tree, made: Creation) -> cst.Try | None:
    """The try statement right behind the creation that only closes the session, which nothing uses after it."""
    steps = made.suite.steps[made.index + 1 :]
    if not steps or not isinstance(steps[0].node, cst.Try) or made.suite.steps[made.index].is_joined:
        return None
    found = steps[0].node
    if found.handlers or found.finalbody is None or _has_comment(tree, found.finalbody):
        return None
    inner = suite(tree, found.finalbody.body)
    if inner is None or len(inner.steps) > 1 or not close_at(inner.steps[0].node, made.name):
        return None
    uses = scope_mentions(tree, tree.scope(made.statement), made.name)
    inside = {found, made.statement}
    alone = all(any(above in inside for above in tree.ancestors(use)) for use in uses)
    return found if alone else None


def _has_comment(tree: Tree, clause: cst.Finally) -> bool:
    return "#" in tree.source((tree.start(clause)[0], 0), (tree.end(clause)[0] + 1, 0))


def _enter_loop(tree: Tree, loop: cst.For, generator: Generator) -> Fix | None:
    """`for db in get_db():` that runs once as `with … as db:`; a break at its end goes."""
    body = suite(tree, loop.body)
    if body is None or loop.orelse is not None or not isinstance(loop.target, cst.Name):
        return None
    if dotted(generator.call.func) is None or suite_of(tree, loop) is None:
        return None
    draft = Draft()
    if isinstance(body.steps[-1].node, cst.Break) and len(body.steps) > 1:
        drop(tree, draft, body, len(body.steps) - 1)
        body = Suite(body.block, body.steps[:-1], body.indentation, body.unit)
    if any(_jumps(step.node) for step in body.steps):
        return None
    manager = _manager(tree, draft, generator)
    if manager is None:
        return None
    draft.replace(tree.start(loop), tree.end(loop.iter), f"{generator.keyword} {manager} as {loop.target.value}")
    return _fix(draft, generator)


def _jumps(node: cst.CSTNode) -> bool:
    """Whether a break or continue of the loop around stands in a statement."""
    if isinstance(node, cst.Break | cst.Continue):
        return True
    if isinstance(node, cst.For | cst.While):
        return node.orelse is not None and _jumps(node.orelse)
    if isinstance(node, cst.FunctionDef | cst.ClassDef | cst.BaseExpression):
        return False
    return any(_jumps(child) for child in children(node))
