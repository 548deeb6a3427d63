"""What a parameter receives: injected by FastAPI, or by its annotation, its default, or the method's object."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi_session_lint import vocabulary
from fastapi_session_lint.model.expressions import Expression, Name
from fastapi_session_lint.model.syntax import Function, Parameter
from fastapi_session_lint.project.combining import combine, given, refined
from fastapi_session_lint.project.fixtures import Fixtures
from fastapi_session_lint.project.values import (
    AnnotatedValue,
    ClassValue,
    EngineValue,
    FactoryValue,
    FunctionValue,
    Library,
    MarkerValue,
    ObjectValue,
    ProviderValue,
    Scope,
    SessionClass,
    SessionValue,
    Value,
)

if TYPE_CHECKING:
    from fastapi_session_lint.project.roles import Roles


class Injection:
    """The answer to "what does this parameter receive"."""

    def __init__(self, roles: Roles) -> None:
        self._roles = roles
        self.fixtures = Fixtures(roles.names)

    def parameter(self, parameter: Parameter, place: Scope) -> Value | None:
        """What a parameter receives: what FastAPI injects, else what its annotation says."""
        if parameter.kind in ("*", "**"):
            return None
        marker = self.marker(parameter, place)
        if marker is not None and (injected := self.injected(marker, parameter, place)):
            return injected
        outer = place.outer or place
        if parameter.annotation is not None and not self._says_nothing(parameter.annotation, outer):
            declared = self._roles.instance(parameter.annotation, outer)
            if isinstance(declared, ObjectValue) and declared.of.definition.name in vocabulary.SESSION_CLASS_NAMES:
                return self._passed_session(parameter, place) or declared
            if isinstance(declared, EngineValue) and self._roles.callers.belies(declared, parameter, place):
                return None
            if isinstance(declared, SessionValue) and marker is None:
                return self._roles.callers.other_session(declared, parameter, place) or declared
            return refined(declared, lambda: self._by_default(parameter, marker, outer))
        if isinstance(place.owner, Function) and place.owner.parameters[:1] == (parameter,) and place.enclosing_class:
            receiver = self._receiver(place.owner, place.enclosing_class)
            if receiver is not None:
                return receiver
        if (given := self._by_default(parameter, marker, outer)) is not None:
            return given
        if marker is not None:
            return None
        return self._roles.callers.passed(parameter, place) or self.handed(parameter, place)

    def handed(self, parameter: Parameter, place: Scope) -> Value | None:
        """What pytest hands to a test or fixture: what each fixture that may be meant gives, if all agree."""
        if parameter.default is not None:
            return None
        found = [
            given(self._roles.call_result(FunctionValue(one, self._holder(one))))
            for one in self.fixtures.handed(parameter.name, place)
        ]
        return combine(found) if None not in found else None

    def _holder(self, fixture: Scope) -> Value | None:
        return ObjectValue(ClassValue(fixture.enclosing_class)) if fixture.enclosing_class is not None else None

    def _passed_session(self, parameter: Parameter, place: Scope) -> SessionValue | None:
        """The session that callers pass where a class of the project is called as the library's, which was meant."""
        passed = self._roles.callers.passed(parameter, place)
        return passed if isinstance(passed, SessionValue) else None

    def _says_nothing(self, annotation: Expression, outer: Scope) -> bool:
        kind = self._roles.value(annotation, outer)
        if kind is None and isinstance(annotation, Name) and annotation.id in vocabulary.ANYTHING:
            return self._roles.names.lookup(annotation.id, outer) is None
        return isinstance(kind, Library) and kind.name in vocabulary.ANYTHING

    def _by_default(self, parameter: Parameter, marker: MarkerValue | None, outer: Scope) -> Value | None:
        if parameter.default is None or marker is not None:
            return None
        return self._roles.value(parameter.default, outer)

    def _receiver(self, function: Function, owner: Scope) -> Value | None:
        kinds = {self._roles.decorator_name(one, owner) for one in function.decorators}
        if kinds & {"staticmethod"}:
            return None
        if kinds & {"classmethod"} or function.name in ("__new__", "__init_subclass__", "__class_getitem__"):
            return ClassValue(owner)
        return ObjectValue(ClassValue(owner))

    def marker(self, parameter: Parameter, place: Scope) -> MarkerValue | None:
        """The `Depends(…)` of a parameter, by its default or in its annotation."""
        outer = place.outer or place
        if parameter.default is not None:
            default = self._roles.value(parameter.default, outer)
            if isinstance(default, MarkerValue):
                return default
        if parameter.annotation is not None:
            annotation = self._roles.value(parameter.annotation, outer)
            if isinstance(annotation, AnnotatedValue):
                return annotation.marker
        return None

    def injected(
        self, marker: MarkerValue, parameter: Parameter | None = None, place: Scope | None = None
    ) -> Value | None:
        """What FastAPI gives for a dependency; a bare `Depends()` takes the parameter's annotation."""
        target = self.dependency(marker, parameter, place)
        match target:
            case FunctionValue():
                return given(self._roles.call_result(target))
            case ClassValue() | SessionClass() | FactoryValue() | ProviderValue():
                return given(self._roles.called(target))
            case ObjectValue():
                return given(self._roles.called(target))
        return None

    def dependency(
        self, marker: MarkerValue, parameter: Parameter | None = None, place: Scope | None = None
    ) -> Value | None:
        """The callable that a marker names."""
        if marker.target is not None:
            return self._roles.value(marker.target, marker.scope)
        if parameter is not None and parameter.annotation is not None and place is not None:
            kind = self._roles.value(parameter.annotation, place.outer or place)
            return kind.kind if isinstance(kind, AnnotatedValue) else kind
        return None
