"""What the decorators of a test are, by names alone, and what parameters they fill in place of fixtures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fastapi_session_lint import vocabulary
from fastapi_session_lint.model.expressions import (
    Call,
    Collection,
    Constant,
    Expression,
    Name,
    dotted,
    last_name,
)
from fastapi_session_lint.model.syntax import Assigned, Bindings, Class, Function
from fastapi_session_lint.project.libraries import argument, is_true
from fastapi_session_lint.project.link import Names
from fastapi_session_lint.project.values import Scope


class Marks:
    """The questions about decorators; nothing is asked of a value, so that they may be asked for one."""

    def __init__(self, names: Names) -> None:
        self._names = names

    def full_name(self, decorator: Expression, scope: Scope) -> str | None:
        """The dotted name of a decorator of a library, called or not."""
        name = dotted(decorator.function if isinstance(decorator, Call) else decorator)
        head, _, rest = (name or "").partition(".")
        outside = self._names.outside(head, scope) if head else None
        return f"{outside}.{rest}" if outside and rest else outside

    def leave_alone(self, name: str, scope: Scope) -> bool:
        """Whether nothing but a fixture can fill a parameter of a test or fixture, as far as decorators go.

        What is no mark of pytest may: `patch` hands a mock, `given` an example.
        """
        return not any(self._may_fill(one, place, name) for one, place in self._decorators(scope))

    def _decorators(self, scope: Scope) -> Iterator[tuple[Expression, Scope]]:
        """The decorators and marks of a def, of the classes around it and of its module, and where each stands."""
        place: Scope | None = scope
        while place is not None:
            owner = place.owner
            outer = place.outer or place
            yield from ((one, outer) for one in (owner.decorators if owner is not None else ()))
            if owner is None or isinstance(owner, Class):
                yield from ((one, place) for one in module_marks(self._names.bindings(place)))
            place = place.outer

    def _may_fill(self, decorator: Expression, scope: Scope, name: str, depth: int = 0) -> bool:
        known = self.full_name(decorator, scope)
        if known is None:
            return depth > _DEPTH or self._alias_may_fill(decorator, scope, name, depth)
        if known.partition(".")[0] not in vocabulary.TEST_LIBRARIES:
            return known not in vocabulary.MANAGER_DECORATORS
        return known.rpartition(".")[2] == vocabulary.PARAMETRIZE and may_hand(decorator, name)

    def _alias_may_fill(self, decorator: Expression, scope: Scope, name: str, depth: int) -> bool:
        """The same of a mark that has a name: `on_postgres = pytest.mark.skipif(…)`."""
        found = self._names.resolve(decorator.id, scope) if isinstance(decorator, Name) else None
        definitions, place = found or ((), scope)
        values = [one.value for one in definitions if isinstance(one, Assigned) and one.via == "="]
        if not values or len(values) < len(definitions):
            return not (isinstance(decorator, Name) and decorator.id in vocabulary.METHOD_DECORATORS)
        return any(self._may_fill(one, place, name, depth + 1) for one in values)

    def hooks_leave_alone(self, name: str, modules: Iterable[Scope]) -> bool:
        """Whether no `pytest_generate_tests` of some modules fills a parameter."""
        hooks = (one for module in modules for one in module.module.bindings.get(vocabulary.GENERATES_TESTS, ()))
        for one in hooks:
            if not isinstance(one, Function):
                return False
            calls = (call for call in one.calls if last_name(call.function) == vocabulary.PARAMETRIZE)
            if any(may_hand(call, name) for call in calls):
                return False
        return True


_DEPTH = 4


def module_marks(bindings: Bindings) -> tuple[Expression, ...]:
    """The marks that a module or class puts on all its tests by `pytestmark`."""
    found: list[Expression] = []
    for one in bindings.get(vocabulary.MODULE_MARKS, ()):
        if isinstance(one, Assigned):
            found += one.value.items if isinstance(one.value, Collection) else (one.value,)
    return tuple(found)


def may_hand(parametrize: Expression, name: str) -> bool:
    """Whether a `parametrize` hands a value of its own to a parameter; with `indirect` the fixture of the name does."""
    if not isinstance(parametrize, Call) or is_true(argument(parametrize, "indirect", 2)):
        return not isinstance(parametrize, Call)
    given = argument(parametrize, "argnames", 0)
    texts = given.items if isinstance(given, Collection) else (given,)
    for one in texts:
        if not isinstance(one, Constant) or one.kind != "text":
            return True
        if name in (part.strip() for part in str(one.value).split(",")):
            return True
    return False
