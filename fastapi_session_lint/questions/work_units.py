"""Objects that make a session when they are entered and close it when they are left: what may skip that close."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from fastapi_session_lint import vocabulary
from fastapi_session_lint.flow.lives import Life
from fastapi_session_lint.flow.states import LEAKING, Status
from fastapi_session_lint.flow.uses import Use, UseKind
from fastapi_session_lint.model.expressions import dotted
from fastapi_session_lint.model.syntax import Class, Function, Return
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
                leaving = self._method(ObjectValue(ClassValue(owner)), method)
                if leaving is not None and attribute is not None:
                    name, life = self._life_in(leaving, attribute)
                    commit = _skipping_commit(life)
                    if commit is not None:
                        yield SkippedClose(creation, name, leaving.scope, commit)

    def life_at_end(self, entered: ObjectValue, is_async: bool) -> Life | None:
        """The life, in the method that leaves the block, of the session that an object makes and gives to its block.

        None where it gives none, has it from elsewhere, or does not close it on every way out.
        """
        prefix = "__a" if is_async else "__"
        enter, leave = self._method(entered, f"{prefix}enter__"), self._method(entered, f"{prefix}exit__")
        attribute = self._given_attribute(enter) if enter is not None else None
        if leave is None or attribute is None or attribute not in self._made_attributes(entered):
            return None
        _, life = self._life_in(leave, attribute)
        is_closed = all(end.state.status is Status.CLOSED for failed, end in life.ends if not failed)
        return life if life.complete and is_closed else None

    def _method(self, entered: ObjectValue, name: str) -> FunctionValue | None:
        """A method that an object's class has, with a parameter for the object."""
        found = self._context.roles.member(entered.of, name, entered)
        return found if isinstance(found, FunctionValue) and found.function.parameters else None

    def _life_in(self, leaving: FunctionValue, attribute: str) -> tuple[str, Life]:
        name = f"{leaving.function.parameters[0].name}.{attribute}"
        return name, self._context.effects.life(leaving.scope, None, frozenset({name}), Status.BUSY)

    def _given_attribute(self, enter: FunctionValue) -> str | None:
        """The attribute of its object that a method returns, whichever way it takes."""
        returned = {one.value and dotted(one.value) for one in enter.scope.statements if isinstance(one, Return)}
        own, _, attribute = (returned.pop() or "").partition(".") if len(returned) == 1 else ("", "", "")
        return attribute if own == enter.function.parameters[0].name and attribute else None

    def _made_attributes(self, entered: ObjectValue) -> set[str | None]:
        """The attributes under which an object keeps the sessions that it makes for itself."""
        methods = [self._method(entered, name) for name in sorted(_MAKERS)]
        return {
            _attribute_of(method.scope.enclosing_class, creation)
            for method in methods
            if method is not None and method.scope.enclosing_class is not None
            for creation in self._context.creations(method.scope)
        }


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
