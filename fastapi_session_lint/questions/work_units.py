"""Objects that make a session when they are entered and close it when they are left: what may skip that close."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from fastapi_session_lint import vocabulary
from fastapi_session_lint.flow.lives import Life
from fastapi_session_lint.flow.states import LEAKING, Status
from fastapi_session_lint.flow.uses import Use, UseKind
from fastapi_session_lint.model.syntax import Class, Function
from fastapi_session_lint.project.values import ClassValue, FunctionValue, ObjectValue, Scope
from fastapi_session_lint.questions.sessions import Creation
from fastapi_session_lint.vocabulary import Action

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context


class SkippedClose(NamedTuple):
    """A session that an object makes for its block, and the commit whose error skips the close at the block's end."""

    creation: Creation
    name: str
    leaving: Scope
    commit: Use


class WorkUnits:
    """The questions about objects that own a session for the length of a with block."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def skipped_closes(self, scope: Scope) -> Iterator[SkippedClose]:
        """The sessions that a method makes for its object, and that leaving the object's block may forget to close.

        Only a commit that comes before the close counts: it fails often, and with it the block is over.
        """
        owner = scope.enclosing_class
        if owner is None or not isinstance(scope.owner, Function):
            return
        for creation in self._context.creations(scope) if scope.owner.name in _MAKERS else ():
            attribute = _attribute_of(owner, creation)
            for method in sorted(vocabulary.EXIT_METHODS) if attribute is not None else ():
                leaving = self._context.roles.member(ClassValue(owner), method, ObjectValue(ClassValue(owner)))
                if isinstance(leaving, FunctionValue) and leaving.function.parameters:
                    name = f"{leaving.function.parameters[0].name}.{attribute}"
                    life = self._context.effects.life(leaving.scope, None, frozenset({name}), Status.BUSY)
                    commit = _skipping_commit(life)
                    if commit is not None:
                        yield SkippedClose(creation, name, leaving.scope, commit)


_MAKERS = vocabulary.ENTER_METHODS.union(vocabulary.INITIALIZERS)


def _attribute_of(owner: Scope, creation: Creation) -> str | None:
    """The attribute of its object under which a method keeps the session that it makes."""
    assert isinstance(owner.owner, Class)
    for name, assigned in owner.owner.attributes.items():
        if any(one.value is creation.call for _, one in assigned):
            return name
    return None


def _skipping_commit(life: Life) -> Use | None:
    """The commit whose error leads past every close, in a function that closes the session where all goes well."""
    if not life.complete or not any(not failed and end.state.status is Status.CLOSED for failed, end in life.ends):
        return None
    for failed, end in life.ends:
        raised = life.skipping_raise(end) if failed and end.state.status in LEAKING else None
        if raised is not None and _commits(raised):
            return raised
    return None


def _commits(use: Use) -> bool:
    if use.kind is UseKind.PASS:
        return use.effect is not None and use.effect.commits
    return use.kind is UseKind.ACT and use.action is Action.COMMIT
