"""The sessions of a function: which calls make one, what they are called, and the life of each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from fastapi_session_lint import vocabulary
from fastapi_session_lint.flow.effects import Effects
from fastapi_session_lint.flow.lives import Life
from fastapi_session_lint.flow.states import Status
from fastapi_session_lint.model.expressions import (
    Attribute,
    Call,
    Expression,
    Name,
    dotted,
)
from fastapi_session_lint.model.syntax import Assign, Assigned, Function, Imported, Parameter, With
from fastapi_session_lint.model.walk import subexpressions
from fastapi_session_lint.project.calls import kept_session
from fastapi_session_lint.project.framework import Framework, calls_of
from fastapi_session_lint.project.libraries import argument
from fastapi_session_lint.project.values import (
    ConnectionValue,
    CoroutineValue,
    FactoryValue,
    FunctionValue,
    ObjectValue,
    Scope,
    SessionClass,
    SessionValue,
)
from fastapi_session_lint.questions.origins import creates, is_made_by, origin


class Creation(NamedTuple):
    """A call that makes a session which belongs to the code around it."""

    call: Call
    session: SessionValue
    scope: Scope


class Sessions:
    """The questions about the sessions that functions make, are given or find."""

    def __init__(self, effects: Effects, framework: Framework) -> None:
        self.effects = effects
        self.roles = effects.roles
        self.names = effects.roles.names
        self.framework = framework
        self._creations: dict[int, tuple[Creation, ...]] = {}
        self._lives: dict[tuple[int, int, frozenset[str]], Life] = {}
        self._borrowed: dict[int, tuple[tuple[str, SessionValue], ...]] = {}
        self._fresh: dict[int, SessionValue | None] = {}

    def session(self, expression: Expression, scope: Scope) -> SessionValue | None:
        """The session that an expression stands for, None where it is none, or not known to be one."""
        value = self.roles.value(expression, scope)
        if isinstance(value, FactoryValue) and value.is_scoped:
            return kept_session(value)
        return value if isinstance(value, SessionValue) else None

    def creations(self, scope: Scope) -> tuple[Creation, ...]:
        """The calls of a scope that make a session, in the order of the source."""
        key = id(scope)
        if key not in self._creations:
            self._creations[key] = ()
            found = (self._creation(call, scope) for call in calls_of(scope))
            self._creations[key] = tuple(one for one in found if one is not None)
        return self._creations[key]

    def _creation(self, call: Call, scope: Scope) -> Creation | None:
        function = self.roles.value(call.function, scope)
        match function:
            case SessionClass(of=None) if not call.arguments and self._is_imported(call.function, scope):
                return None  # without an engine it checks nothing out: using it raises UnboundExecutionError
            case FactoryValue(_, _, False) | SessionClass():
                made = self.roles.value(call, scope)
                if isinstance(made, SessionValue) and not self.is_borrowed(call, scope):
                    return Creation(call, made, scope)
            case FunctionValue():
                fresh = self.fresh(function)
                return Creation(call, fresh, scope) if fresh is not None else None
        return None

    def _is_imported(self, expression: Expression, scope: Scope) -> bool:
        """Whether a name is bound by an import alone."""
        found = self.names.lookup(expression.id, scope) if isinstance(expression, Name) else None
        return found is not None and all(isinstance(one, Imported) for one in found[0])

    def is_borrowed(self, call: Call, scope: Scope) -> bool:
        """A session on somebody else's connection ends with that connection."""
        bind = argument(call, "bind", 0)
        if bind is None:
            factory = self.roles.value(call.function, scope)
            return isinstance(factory, FactoryValue) and self._is_on_connection(factory)
        value = self.roles.value(bind, scope)
        return isinstance(value, ConnectionValue) or (value is None and self._may_be_connection(bind, scope))

    def _is_on_connection(self, factory: FactoryValue) -> bool:
        """Whether a factory makes sessions on a connection: `sessionmaker(bind=op.get_bind())`."""
        if factory.call is None or factory.scope is None:
            return False
        bind = argument(factory.call, "bind", 0)
        return bind is not None and isinstance(self.roles.value(bind, factory.scope), ConnectionValue)

    def _may_be_connection(self, expression: Expression, scope: Scope) -> bool:
        """Whether a name is a parameter of which nothing is known, not even that all callers pass an engine."""
        found = self.names.lookup(expression.id, scope) if isinstance(expression, Name) else None
        parameters = [one for one in found[0] if isinstance(one, Parameter)] if found is not None else []
        return found is not None and any(not self.roles.callers.passes_engine(one, found[1]) for one in parameters)

    def fresh(self, function: FunctionValue) -> SessionValue | None:
        """The open session that a function makes and gives to its caller."""
        key = id(function.scope)
        if key not in self._fresh:
            self._fresh[key] = None
            self._fresh[key] = self._made_and_returned(function)
        return self._fresh[key]

    def _made_and_returned(self, function: FunctionValue) -> SessionValue | None:
        definition = function.function
        if definition.is_generator or not definition.calls:
            return None
        if self.framework.is_manager(function.scope) or self._is_cached(function):
            return None
        result = self.roles.call_result(function)
        if isinstance(result, CoroutineValue):
            result = result.value
        if not isinstance(result, SessionValue):
            return None
        for creation in self.creations(function.scope):
            life = self.life(creation)
            for moment in life.returns:
                kept = moment.before.entered or not moment.before.status.is_open
                if moment.use.name == "session" and not kept:
                    return None if self._gives_back(function) else result
        return None

    def _gives_back(self, function: FunctionValue) -> bool:
        """Whether a function may return a session that it was given, instead of one that it makes."""
        given = (frozenset({one.name}) for one in function.function.parameters)
        effects = (self.effects.of_names(function.scope, names) for names in given)
        return any(effect is not None and effect.returns for effect in effects)

    def _is_cached(self, function: FunctionValue) -> bool:
        kinds = self.roles.decorators(function.function, function.scope)
        return bool(kinds & vocabulary.CACHE_DECORATORS)

    # --- lives ---

    def life(self, creation: Creation) -> Life:
        """The life of a session that a call makes, in the function around the call."""
        key = (id(creation.scope), id(creation.call), frozenset[str]())
        if key not in self._lives:
            life = self.effects.life(creation.scope, creation.call, frozenset(), Status.ABSENT)
            self._lives[key] = life
        return self._lives[key]

    def life_of_names(self, scope: Scope, names: frozenset[str]) -> Life:
        """The life of a session that a function finds under some names (a parameter, `self.db`)."""
        key = (id(scope), 0, names)
        if key not in self._lives:
            self._lives[key] = self.effects.life(scope, None, names, Status.IDLE)
        return self._lives[key]

    def lives_of_name(self, scope: Scope, name: str) -> Iterator[Life]:
        """The lives of the sessions that a name stands for: one that comes in, or one for each call it is bound to."""
        bindings = self.names.bindings(scope).get(name, ()) if isinstance(scope.owner, Function) else ()
        assigned = [one for one in bindings if isinstance(one, Assigned)]
        is_given = any(isinstance(one, Parameter) for one in bindings)
        if not assigned or (is_given and not any(isinstance(origin(one.value), Call) for one in assigned)):
            yield self.life_of_names(scope, frozenset({name}))
        for one in assigned:
            call = origin(one.value)
            if isinstance(call, Call):
                key = (id(scope), id(call), frozenset[str]())
                if key not in self._lives:
                    self._lives[key] = self.effects.life(scope, call, frozenset(), Status.ABSENT)
                yield self._lives[key]
            elif not is_given and (source := self._source(one, scope)):
                yield self.life_of_names(scope, frozenset({source}))

    def _source(self, assigned: Assigned, scope: Scope) -> str | None:
        """What `db = request.state.db`, or `with self.session as db`, takes the session from.

        None where that is followed by its own name anyway, where this function has made it, or is another manager.
        """
        value = origin(assigned.value)
        name = dotted(value)
        if isinstance(value, Name) and not self._is_parameter(value, scope):
            return None
        is_same = assigned.via == "=" and isinstance(value, Attribute)
        is_same = is_same or (assigned.via in _NAMING and self.session(value, scope) is not None)
        return None if not is_same or any(name == known for known, _ in self.borrowed_names(scope)) else name

    def _is_parameter(self, name: Name, scope: Scope) -> bool:
        bound = self.names.bindings(scope).get(name.id, ())
        return bool(bound) and all(isinstance(one, Parameter) for one in bound)

    def borrowed_names(self, scope: Scope) -> tuple[tuple[str, SessionValue], ...]:
        """The names, dotted ones too, under which a function uses a session that it has not made itself."""
        if id(scope) not in self._borrowed:
            self._borrowed[id(scope)] = tuple(self._borrowed_in(scope))
        return self._borrowed[id(scope)]

    def _borrowed_in(self, scope: Scope) -> Iterator[tuple[str, SessionValue]]:
        seen: set[str] = set()
        made = {id(creation.call) for creation in self.creations(scope)}
        for call in calls_of(scope):
            candidates = [one.value for one in call.arguments if type(one.value) in _NAMES]
            if isinstance(call.function, Attribute):
                candidates.append(call.function.value)
            for expression in candidates:
                name = dotted(expression)
                if name is None or name in seen:
                    continue
                seen.add(name)
                session = self.session(expression, scope)
                if session is not None and not self._is_made_here(name, scope, made):
                    yield name, session

    def _is_made_here(self, name: str, scope: Scope, made: set[int]) -> bool:
        owner = scope.owner
        bindings = self.names.bindings(scope).get(name, ()) if isinstance(owner, Function) else ()
        return any(creates(getattr(one, "value", None), made) for one in bindings)

    def subject(self, creation: Creation) -> str:
        """The name that a session made here gets first; empty where it gets none, or not a plain one."""
        for statement in creation.scope.statements:
            match statement:
                case Assign((target, *_), value, _) if self._gives(value, creation):
                    return dotted(target) or ""
                case With(items, _, _, _):
                    for item in items:
                        if item.target is not None and self._gives(item.context, creation):
                            return dotted(item.target) or ""
        return ""

    def _gives(self, value: Expression, creation: Creation) -> bool:
        """Whether an expression gives the session that a call in it makes, or an object with it."""
        if is_made_by(value, creation.call):
            return True
        known = self.roles.value(value, creation.scope)
        return isinstance(known, SessionValue | ObjectValue) and any(
            part is creation.call for part in subexpressions(value)
        )


_NAMING = frozenset({"=", "with", "async with"})
"""How what has a name already gets another."""
_NAMES = frozenset({Name, Attribute})
"""What may be a dotted name."""
