"""What one expression does to the session that is followed: its uses, in the order in which they happen."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from fastapi_session_lint import vocabulary
from fastapi_session_lint.model.expressions import (
    Argument,
    Attribute,
    Await,
    Call,
    Collection,
    Compare,
    Comprehension,
    Expression,
    Lambda,
    Name,
    Starred,
    Subscript,
    Walrus,
    Yield,
    dotted,
    parts_of,
)
from fastapi_session_lint.project.values import (
    ClassValue,
    FunctionValue,
    Library,
    LibraryObject,
    ObjectValue,
    Scope,
    SessionValue,
    Value,
)
from fastapi_session_lint.vocabulary import Action

if TYPE_CHECKING:
    from fastapi_session_lint.flow.effects import Effect, Effects


class UseKind(enum.Enum):
    """What happens."""

    CREATE = "create"
    ACT = "act"
    PASS = "pass"
    KEEP = "keep"
    YIELD = "yield"
    RETURN = "return"
    CALL = "call"
    STORE = "store"


class Use(NamedTuple):
    """One thing that happens to the session, or (CALL) something else that may raise.

    `action` is what a method of the session does, `effect` what a function that was given it does, `name` the method,
    function or attribute by name.
    """

    kind: UseKind
    place: int
    action: Action | None = None
    effect: Effect | None = None
    name: str = ""


class Result(enum.Enum):
    """What an expression gives, as far as the session goes."""

    NOTHING = "something else"
    SESSION = "the session"
    CONTAINED = "a container with the session"
    METHOD = "a bound method of the session"
    CAPTURED = "a function that uses the session"
    CLOSING = "a context manager that closes the session"
    TRANSACTION = "a context manager that commits or rolls back the session"
    SAVEPOINT = "a context manager for a savepoint of the session"


@dataclass(frozen=True, slots=True)
class Holder:
    """An object that keeps the session as its attribute `attribute`, of class `of`."""

    attribute: str
    of: ClassValue | None


Outcome = Result | Holder
_MANAGERS = {Action.BEGIN: Result.TRANSACTION, Action.NESTED: Result.SAVEPOINT}


class Reader:
    """Reads one expression after another for one session in one function.

    `origin` is the call that makes the session, None where it comes from elsewhere. `names` are what stands for it.
    """

    def __init__(self, effects: Effects, scope: Scope, origin: Expression | None) -> None:
        self.effects = effects
        self.roles = effects.roles
        self.scope = scope
        self.origin = origin
        self.names: frozenset[str] = frozenset()
        self.uses: list[Use] = []
        self._method = ""

    def read(self, expression: Expression, names: frozenset[str]) -> tuple[Outcome, list[Use]]:
        """What an expression gives, and the uses in it."""
        self.names = names
        self.uses = []
        return self.visit(expression), self.uses

    def visit(self, expression: Expression) -> Outcome:
        """What an expression gives; its uses are added in order."""
        match expression:
            case Name() | Attribute():
                return self._named(expression)
            case Call():
                return self._call(expression)
            case Await(value, place):
                outcome = self.visit(value)
                if not isinstance(value, Call):
                    self._add(UseKind.CALL, place)
                return outcome
            case Yield(value, _, place):
                outcome = self.visit(value) if value is not None else Result.NOTHING
                self._add(UseKind.YIELD, place, name="" if outcome is Result.NOTHING else "session")
                return Result.NOTHING
            case Walrus(_, value):
                return self.visit(value)
            case Lambda(function):
                return Result.CAPTURED if self._captures(function.reads) else Result.NOTHING
            case Collection() | Starred() | Comprehension():
                return Result.CONTAINED if self._any(expression) else Result.NOTHING
            case Compare() | Subscript():
                self._any(expression)
                return Result.NOTHING
        outcomes = [self.visit(part) for part in parts_of(expression)]
        return next((one for one in outcomes if one is not Result.NOTHING), Result.NOTHING)

    def _any(self, expression: Expression) -> bool:
        outcomes = [self.visit(part) for part in parts_of(expression)]
        return any(one is not Result.NOTHING for one in outcomes)

    def _add(
        self,
        kind: UseKind,
        place: int,
        action: Action | None = None,
        effect: Effect | None = None,
        name: str = "",
    ) -> None:
        self.uses.append(Use(kind, place, action, effect, name))

    def _captures(self, reads: frozenset[str]) -> bool:
        return any(name.partition(".")[0].partition(">")[0] in reads for name in self.names)

    def _named(self, expression: Expression) -> Outcome:
        text = dotted(expression)
        if text is not None and text in self.names:
            return Result.SESSION
        if text is not None and (holder := self._holder(text)):
            return holder
        if isinstance(expression, Attribute):
            return self._attribute(expression)
        return Result.NOTHING

    def _holder(self, text: str) -> Holder | None:
        for name in self.names:
            owner, _, attribute = name.rpartition(">") if ">" in name else name.rpartition(".")
            if attribute and owner == text:
                return Holder(attribute, None)
        return None

    def _attribute(self, expression: Attribute) -> Outcome:
        owner = self.visit(expression.value)
        if isinstance(owner, Holder):
            return Result.SESSION if expression.name == owner.attribute else Result.NOTHING
        if owner is Result.SESSION:
            self._method = expression.name
            return Result.METHOD
        return Result.NOTHING

    def _call(self, call: Call) -> Outcome:
        if call is self.origin:
            for one in call.arguments:
                self.visit(one.value)
            self._add(UseKind.CREATE, call.place)
            return Result.SESSION
        function = self.visit(call.function)
        if function is Result.METHOD:
            return self._method_call(call, self._method)
        if isinstance(call.function, Attribute):
            owner = self._holder(dotted(call.function.value) or "")
            if owner is not None:
                return self._holder_call(call, owner, call.function.name)
        given = [(one, self.visit(one.value), self._method) for one in call.arguments]
        return self._plain_call(call, [one for one in given if one[1] is not Result.NOTHING])

    def _method_call(self, call: Call, method: str) -> Outcome:
        """A method of the session itself."""
        for one in call.arguments:
            self.visit(one.value)
        if method in vocabulary.ENTER_METHODS:
            return Result.SESSION
        action = Action.CLOSE if method in vocabulary.EXIT_METHODS else vocabulary.SESSION_METHODS.get(method)
        self._add(UseKind.ACT, call.place, action or Action.READ, name=method)
        return _MANAGERS.get(action, Result.NOTHING) if action else Result.NOTHING

    def _holder_call(self, call: Call, owner: Holder, method: str) -> Outcome:
        """A method of an object that keeps the session; it may be given the session, too, or its close."""
        function = self.roles.value(call.function, self.scope)
        for one in call.arguments:
            what = self.visit(one.value)
            if what is not Result.NOTHING:
                self._give(call, function, "", one, what, self._method)
        effect = self.effects.of_attribute(function, owner.attribute)
        self._add(UseKind.PASS, call.place, effect=effect, name=method)
        return Result.SESSION if effect is not None and effect.returns else Result.NOTHING

    def _plain_call(self, call: Call, given: list[tuple[Argument, Outcome, str]]) -> Outcome:
        function = self.roles.value(call.function, self.scope)
        name = function.name if isinstance(function, Library | LibraryObject) else ""
        if not given:
            return self._other_call(call, function, name)
        if name in vocabulary.CLOSING:
            return Result.CLOSING
        is_ours = isinstance(function, FunctionValue)
        method = call.function.name if isinstance(call.function, Attribute) and not is_ours else ""
        if name in vocabulary.OFFLOADERS or method in vocabulary.OFFLOADING_METHODS:
            return self._offloaded(call, given)
        if method in vocabulary.EXIT_STACK_ENTERS:
            self._add(UseKind.KEEP, call.place, name=method)
            return Result.SESSION
        outcome: Outcome = Result.NOTHING
        for argument, what, bound in given:
            outcome = self._give(call, function, name, argument, what, bound)
        return outcome

    def _give(
        self, call: Call, function: Value | None, name: str, argument: Argument, what: Outcome, bound: str
    ) -> Outcome:
        """The session, or something that leads to it, is an argument of a call."""
        if what is Result.METHOD:
            kind = UseKind.KEEP if bound in ("close", "aclose", "remove") else UseKind.CALL
            self._add(kind, call.place, name=bound)
            return Result.NOTHING
        if what is not Result.SESSION:
            self._add(UseKind.KEEP, call.place, name=_callee(call))
            return Result.CONTAINED if isinstance(function, ClassValue) else Result.NOTHING
        if name in vocabulary.BUILTIN_READERS or name.startswith(vocabulary.SESSION_READERS):
            self._add(UseKind.ACT, call.place, vocabulary.Action.READ, name=_callee(call))
            return Result.NOTHING
        if function is None and isinstance(call.function, Name) and call.function.id in vocabulary.BUILTIN_READERS:
            return Result.NOTHING
        if isinstance(function, ClassValue):
            return self._construct(call, function, argument)
        effect = self.effects.of_argument(function, call, argument)
        if effect is None:
            self._add(UseKind.KEEP, call.place, name=_callee(call))
            return Result.NOTHING
        self._add(UseKind.PASS, call.place, effect=effect, name=_callee(call))
        return Result.SESSION if effect.returns else Result.NOTHING

    def _construct(self, call: Call, of: ClassValue, argument: Argument) -> Outcome:
        """The session is given to an object: where it is kept under a name, the object holds it."""
        maker = self.roles.member(of, "__init__", ObjectValue(of))
        if isinstance(maker, FunctionValue):
            effect = self.effects.of_argument(maker, call, argument)
            if effect is not None and len(effect.stores) == 1:
                self._add(UseKind.PASS, call.place, effect=effect.without_stores(), name=of.definition.name)
                return Holder(next(iter(effect.stores)), of)
            if effect is not None and not effect.stores:
                self._add(UseKind.PASS, call.place, effect=effect, name=of.definition.name)
                return Result.NOTHING
        elif argument.name is not None and maker is None:
            self._add(UseKind.CALL, call.place)
            return Holder(argument.name, of)
        self._add(UseKind.KEEP, call.place, name=of.definition.name)
        return Result.CONTAINED

    def _offloaded(self, call: Call, given: list[tuple[Argument, Outcome, str]]) -> Outcome:
        """`run_in_threadpool(f, db)` and its like call the function that they are given."""
        positional = [one for one in call.arguments if one.name is None and not one.star]
        for argument, what, bound in given:
            if what is Result.METHOD:
                self._add(UseKind.ACT, call.place, vocabulary.SESSION_METHODS.get(bound, Action.READ), name=bound)
            elif what is Result.CAPTURED:
                self._add(UseKind.ACT, call.place, Action.READ, name="")
            else:
                effect = self._offloaded_effect(call, positional, argument)
                self._add(UseKind.PASS if effect else UseKind.KEEP, call.place, effect=effect, name=_callee(call))
        return Result.NOTHING

    def _offloaded_effect(self, call: Call, positional: list[Argument], argument: Argument) -> Effect | None:
        for index, one in enumerate(positional):
            function = self.roles.value(one.value, self.scope)
            if isinstance(function, FunctionValue):
                inner = Call(one.value, (*positional[index + 1 :], *_keywords(call)), call.place)
                return self.effects.of_argument(function, inner, argument)
        return None

    def _other_call(self, call: Call, function: Value | None, name: str) -> Outcome:
        """A call that is not given the session; a nested function may use it all the same."""
        if isinstance(function, FunctionValue) and self.names and self._captures(function.function.reads):
            effect = self.effects.of_captured(function, self.names)
            self._add(UseKind.PASS, call.place, effect=effect, name=_callee(call))
        elif not self._is_quiet(call, name):
            self._add(UseKind.CALL, call.place, name="exit" if self._never_returns(call, function, name) else "")
        return Result.NOTHING

    def _never_returns(self, call: Call, function: Value | None, name: str) -> bool:
        if isinstance(function, FunctionValue):
            return self.effects.never_returns(function)
        return name in vocabulary.EXITS or (function is None and dotted(call.function) in vocabulary.EXITS)

    def _is_quiet(self, call: Call, name: str) -> bool:
        """Calls that do not raise: logging, printing, clocks."""
        if name in vocabulary.QUIET_CALLS:
            return True
        match call.function:
            case Attribute(owner, "close" | "rollback"):
                return isinstance(self.roles.value(owner, self.scope), SessionValue)
            case Attribute(owner, method) if method in vocabulary.LOG_METHODS:
                value = self.roles.value(owner, self.scope)
                if isinstance(value, Library | LibraryObject):
                    return value.name.startswith(("logging", "loguru", "structlog"))
                return value is None and "log" in (dotted(owner) or "").lower()
            case Name(builtin):
                return builtin in vocabulary.QUIET_CALLS and not self.roles.names.lookup(builtin, self.scope)
        return False


def _callee(call: Call) -> str:
    text = dotted(call.function)
    if text is not None:
        return text
    return call.function.name if isinstance(call.function, Attribute) else ""


def _keywords(call: Call) -> tuple[Argument, ...]:
    return tuple(one for one in call.arguments if one.name is not None)
