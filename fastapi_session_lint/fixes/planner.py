"""One parse, or two, for all repairs of a file, and the maker of each kind of fix."""

from __future__ import annotations

import ast
import contextlib
import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from fastapi_session_lint.findings import Applicability, Fix, Repair, RepairKind
from fastapi_session_lint.fixes.async_factories import keep_after_commit, use_async_maker
from fastapi_session_lint.fixes.awaits import add_await, drop_await
from fastapi_session_lint.fixes.close_after_yield import close_after_yield
from fastapi_session_lint.fixes.close_session import close_session
from fastapi_session_lint.fixes.commits import drop_commit
from fastapi_session_lint.fixes.connect_args import add_connect_arg
from fastapi_session_lint.fixes.dependencies import add_function_scope, drop_call, drop_decorator
from fastapi_session_lint.fixes.edits import OverlappingEdits
from fastapi_session_lint.fixes.engine_calls import open_connection
from fastapi_session_lint.fixes.enter_generator import enter_generator
from fastapi_session_lint.fixes.handlers import add_raise, add_rollback, add_rollback_if_failed, guard_commit
from fastapi_session_lint.fixes.move_out_of_try import move_out_of_try
from fastapi_session_lint.fixes.savepoints import add_savepoint
from fastapi_session_lint.fixes.shortened import shortened
from fastapi_session_lint.fixes.split_import import split_import
from fastapi_session_lint.fixes.suppressions import remove_suppression
from fastapi_session_lint.fixes.textual_sql import wrap_in_text
from fastapi_session_lint.fixes.tree import LeftOut, Tree, parse
from fastapi_session_lint.fixes.with_statements import swap_with
from fastapi_session_lint.fixes.yield_session import yield_instead_of_return

_CAREFUL = (Applicability.SAFE, Applicability.UNSAFE, Applicability.DISPLAY)


def plan(text: str, repairs: Sequence[Repair]) -> list[Fix | None]:
    """The fix for each repair, None where no correct one exists."""
    whole = functools.cache(functools.partial(parse, text))
    short = shortened(text, [one.span for one in repairs])
    part = None if short is None else parse(text, short)
    return [_limited(_planned(part, whole, one), one.limit) for one in repairs]


def _planned(part: Tree | None, whole: Callable[[], Tree | None], repair: Repair) -> Fix | None:
    """The fix for one repair by a part of its file, by all of it where the part does not tell."""
    if part is not None:
        with contextlib.suppress(LeftOut):
            return _foreseen(part, repair)
    tree = whole()
    return None if tree is None else _foreseen(tree, repair)


def _foreseen(tree: Tree, repair: Repair) -> Fix | None:
    """The fix for one repair; code that nests too deeply, or that nobody foresaw, gets none rather than a wrong one."""
    try:
        return make(tree, repair)
    except (RecursionError, OverlappingEdits):
        return None


def _limited(fix: Fix | None, limit: Applicability) -> Fix | None:
    """The fix with the more careful of its own applicability and the limit."""
    if fix is None:
        return None
    return replace(fix, applicability=max(fix.applicability, limit, key=_CAREFUL.index))


def make(tree: Tree, repair: Repair) -> Fix | None:
    """The fix for one repair, as far as the source alone says."""
    return MAKERS[repair.kind](tree, repair)


MAKERS: Mapping[RepairKind, Callable[[Tree, Repair], Fix | None]] = {
    RepairKind.CLOSE_SESSION: close_session,
    RepairKind.CLOSE_AFTER_YIELD: close_after_yield,
    RepairKind.YIELD_INSTEAD_OF_RETURN: yield_instead_of_return,
    RepairKind.ENTER_GENERATOR: enter_generator,
    RepairKind.ADD_ROLLBACK: add_rollback,
    RepairKind.ADD_ROLLBACK_IF_FAILED: add_rollback_if_failed,
    RepairKind.ADD_SAVEPOINT: add_savepoint,
    RepairKind.ADD_RAISE: add_raise,
    RepairKind.GUARD_COMMIT: guard_commit,
    RepairKind.DROP_COMMIT: drop_commit,
    RepairKind.ADD_FUNCTION_SCOPE: add_function_scope,
    RepairKind.ADD_AWAIT: add_await,
    RepairKind.DROP_AWAIT: drop_await,
    RepairKind.DROP_CALL: drop_call,
    RepairKind.DROP_DECORATOR: drop_decorator,
    RepairKind.USE_ASYNC_MAKER: use_async_maker,
    RepairKind.KEEP_AFTER_COMMIT: keep_after_commit,
    RepairKind.ADD_CONNECT_ARG: add_connect_arg,
    RepairKind.MOVE_OUT_OF_TRY: move_out_of_try,
    RepairKind.SPLIT_IMPORT: split_import,
    RepairKind.WRAP_IN_TEXT: wrap_in_text,
    RepairKind.OPEN_CONNECTION: open_connection,
    RepairKind.REMOVE_SUPPRESSION: remove_suppression,
    RepairKind.SWAP_WITH: swap_with,
}
"""The maker of each kind of fix; the tests hold that none is missing."""


def parses(text: str) -> bool:
    """Whether a text is Python: for `ast`, or for libcst, which knows newer grammar."""
    try:
        ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return parse(text) is not None
    return True
