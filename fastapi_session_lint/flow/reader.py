"""What one expression does to the session that is followed: its uses, in the order in which they happen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi_session_lint import vocabulary
from fastapi_session_lint.flow.binding import receiver_of
from fastapi_session_lint.flow.capturing import captures
from fastapi_session_lint.flow.handing import (
    Given,
    Handing,
    added,
    callee,
    given_by,
    gives,
    hand,
    offload,
    taken_by,
)
from fastapi_session_lint.flow.other_calls import other_use, property_of
from fastapi_session_lint.flow.states import GeneratorManager
from fastapi_session_lint.flow.uses import (
    Captured,
    Holder,
    Method,
    Outcome,
    Result,
    Use,
    UseKind,
    holders,
    kept_under,
)
from fastapi_session_lint.model.expressions import (
    NOWHERE,
    Attribute,
    Await,
    Call,
    Collection,
    Compare,
    Comprehension,
    Constant,
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
    FunctionValue,
    Library,
    LibraryObject,
    ObjectValue,
    Scope,
    Value,
)
from fastapi_session_lint.vocabulary import Action

if TYPE_CHECKING:
    from fastapi_session_lint.flow.effects import Effects
    from fastapi_session_lint.flow.summary import Effect

_STACK_ENTERS = vocabulary.EXIT_STACK_ENTERS - {"callback"}
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
        self._held: dict[frozenset[str], dict[str, frozenset[str]]] = {}

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
                self._add(UseKind.YIELD, place, name="session" if gives(self.effects, outcome, self.names) else "")
                return Result.NOTHING
            case Walrus(target, value):
                return self._walrus(target, value)
            case Lambda(function):
                return self._captured(FunctionValue(self.roles.names.scope_of(function)))
            case Comprehension():
                return self._comprehension(expression)
            case Collection() | Starred():
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

    # --- names ---

    def _walrus(self, target: str, value: Expression) -> Outcome:
        outcome = self.visit(value)
        if outcome is Result.SESSION:
            self.names |= {target}
            self._add(UseKind.NAME, NOWHERE, name=target)
        return outcome

    def _comprehension(self, expression: Comprehension) -> Outcome:
        """The target of `for x in (a, b)` is the session for once, where it is one of the items."""
        outer = self.names
        for one in expression.generators:
            target = dotted(one.target)
            if target is not None and is_item(one.iterable, outer):
                self.names |= {target}
        outcomes = [self.visit(part) for part in parts_of(expression)]
        self.names = outer
        of_elements = outcomes[len(outcomes) - len(expression.elements) :]
        return Result.CONTAINED if any(one is not Result.NOTHING for one in of_elements) else Result.NOTHING

    def _named(self, expression: Name | Attribute) -> Outcome:
        text = dotted(expression)
        if text is not None and text in self.names:
            return Result.SESSION
        if text is not None and (holder := self._holder(text)):
            return holder
        if isinstance(expression, Attribute):
            return self._attribute(expression)
        if self.names and expression.id not in self.names:
            value = self.roles.value(expression, self.scope)
            return self._captured(value) if isinstance(value, FunctionValue) else Result.NOTHING
        return Result.NOTHING

    def _holder(self, text: str) -> Holder | Result | None:
        if self.names not in self._held:
            receiver = receiver_of(self.scope) if self.scope.enclosing_class is not None else ""
            self._held[self.names] = holders(self.names, receiver)
        paths = self._held[self.names].get(text)
        return None if paths is None else kept_under(paths)

    def _attribute(self, expression: Attribute) -> Outcome:
        owner = self.visit(expression.value)
        if isinstance(owner, Holder):
            rests = {path.partition(".")[2] for path in owner.paths if path.partition(".")[0] == expression.name}
            if rests:
                return Result.SESSION if "" in rests else Holder(frozenset(rests), None)
            return Result.SESSION if self._is_property_of(expression, owner) else Result.NOTHING
        if owner is Result.SESSION:
            return Result.SESSION if expression.name == vocabulary.SYNC_SESSION else Method(expression.name)
        return Result.NOTHING

    def _is_property_of(self, expression: Attribute, owner: Holder) -> bool:
        """Whether an attribute is a property that gives what the object keeps."""
        value = self.roles.value(expression.value, self.scope)
        of = owner.of or (value.of if isinstance(value, ObjectValue) else None)
        found = property_of(self.roles, of, expression.name) if of is not None else None
        effect = self.effects.of_object(found, owner.paths) if found is not None else None
        return effect is not None and effect.returns

    def _captured(self, function: FunctionValue) -> Outcome:
        return Captured(function) if captures(function, self.names, self.scope) else Result.NOTHING

    # --- calls ---

    def _own_object(self, call: Call) -> Outcome:
        """`super()` is the method's own object: the session, or what keeps it."""
        if not (isinstance(call.function, Name) and call.function.id == "super") or call.arguments:
            return Result.NOTHING
        receiver = receiver_of(self.scope)
        return Result.SESSION if receiver in self.names else self._holder(receiver) or Result.NOTHING

    def _call(self, call: Call) -> Outcome:
        if call is self.origin:
            for one in call.arguments:
                self.visit(one.value)
            self._add(UseKind.CREATE, call.place)
            return Result.SESSION
        if (own := self._own_object(call)) is not Result.NOTHING:
            return own
        called = self._called(call.function)
        if isinstance(called, Method):
            return self._method_call(call, called.name)
        if isinstance(called, Holder):
            return self._holder_call(call, called)
        if called in (Result.TRANSACTION, Result.SAVEPOINT) and isinstance(call.function, Attribute):
            return self._transaction_call(call, call.function.name, called is Result.SAVEPOINT)
        given = [Given(one, self.visit(one.value)) for one in call.arguments]
        return self._plain_call(call, [one for one in given if one.what is not Result.NOTHING])

    def _called(self, function: Expression) -> Outcome:
        """What is called: a method of the session, or an object that holds it, or a method of such an object."""
        text = dotted(function)
        if not isinstance(function, Attribute) or (text and (text in self.names or self._holder(text))):
            return self.visit(function)
        owner = self.visit(function.value)
        if owner is Result.SESSION:
            return Method(function.name)
        return Result.NOTHING if isinstance(owner, Method) else owner

    def _method_call(self, call: Call, method: str) -> Outcome:
        """A method of the session itself."""
        for one in call.arguments:
            self.visit(one.value)
        if method in vocabulary.ENTER_METHODS:
            return Result.SESSION
        action = Action.CLOSE if method in vocabulary.EXIT_METHODS else vocabulary.SESSION_METHODS.get(method)
        if action is None and (effect := added(self.effects, self.scope, call)) is not None:
            self._add(UseKind.PASS, call.place, effect=effect, name=method)
            return given_by(effect)
        self._add(UseKind.ACT, call.place, action or Action.READ, name=method)
        return _MANAGERS.get(action, Result.NOTHING) if action else Result.NOTHING

    def _transaction_call(self, call: Call, method: str, is_savepoint: bool) -> Outcome:
        """A method of what `begin()` or `begin_nested()` gave."""
        methods = vocabulary.SAVEPOINT_METHODS if is_savepoint else vocabulary.TRANSACTION_METHODS
        if (action := methods.get(method)) is not None:
            self._add(UseKind.ACT, call.place, action, name=method)
        return Result.NOTHING

    def _holder_call(self, call: Call, owner: Holder) -> Outcome:
        """A method of an object that keeps the session; it may be given the session, too, or its close."""
        function = self.roles.value(call.function, self.scope)
        if isinstance(function, ObjectValue):
            function = self.roles.member(function.of, "__call__", function)
        handing = self._handing(call, function, "")
        taken = set()
        for one in call.arguments:
            what = self.visit(one.value)
            if what is Result.SESSION and (parameter := taken_by(handing, one)):
                taken.add(parameter)
            elif what is not Result.NOTHING:
                self._take(hand(handing, Given(one, what)))
        if isinstance(function, FunctionValue) and self.effects.is_manager(function) and function.function.parameters:
            receiver = function.function.parameters[0].name
            return GeneratorManager(function, frozenset(f"{receiver}.{path}" for path in owner.paths))
        effect = self.effects.of_object(function, owner.paths, frozenset(taken), call)
        self._add(UseKind.PASS, call.place, effect=effect, name=callee(call).rpartition(".")[2])
        if effect is not None and effect.returns_receiver:
            return owner
        return given_by(effect)

    def _handing(self, call: Call, function: Value | None, name: str) -> Handing:
        return Handing(self.effects, self.scope, self.names, call, function, name)

    def _take(self, handed: tuple[Outcome, Use | None]) -> Outcome:
        outcome, use = handed
        if use is not None:
            self.uses.append(use)
        return outcome

    def _plain_call(self, call: Call, given: list[Given]) -> Outcome:
        function = self.roles.value(call.function, self.scope)
        name = function.name if isinstance(function, Library | LibraryObject) else ""
        if not given:
            return self._other_call(call, function, name)
        if name in vocabulary.CLOSING:
            return Result.CLOSING
        if name in vocabulary.BORROWING:
            return Result.BORROWING
        if (found := self._got(call, given[0])) is not None:
            return found
        is_ours = isinstance(function, FunctionValue)
        method = call.function.name if isinstance(call.function, Attribute) and not is_ours else ""
        handing = self._handing(call, function, name)
        if name in vocabulary.OFFLOADERS or method in vocabulary.OFFLOADING_METHODS:
            self.uses += [offload(handing, one) for one in given]
            return Result.NOTHING
        if method in _STACK_ENTERS and given[0].what is Result.BORROWING:
            return Result.SESSION
        if method in _STACK_ENTERS and any(one.what in (Result.SESSION, Result.CLOSING) for one in given):
            self._add(UseKind.KEEP, call.place, name=method)
            return Result.SESSION
        outcome: Outcome = Result.NOTHING
        for one in given:
            outcome = self._take(hand(handing, one))
        return outcome

    def _got(self, call: Call, first: Given) -> Outcome | None:
        """`getattr(db, "close")`, and `getattr(self, name)` of an object with the session, which may well be it."""
        if not (isinstance(call.function, Name) and call.function.id == "getattr") or len(call.arguments) < 2:
            return None
        key = call.arguments[1].value
        match first.what, key:
            case Result.SESSION, Constant("text", str(name), _):
                return Method(name)
            case Holder(paths, _), Constant("text", str(name), _):
                return Result.SESSION if name in paths else Result.NOTHING
            case Holder(), _:
                return Result.SESSION
        return None

    def _other_call(self, call: Call, function: Value | None, name: str) -> Outcome:
        """A call that is not given the session; a nested function may use it all the same."""
        if isinstance(function, FunctionValue) and self.names and captures(function, self.names, self.scope):
            if self.effects.is_manager(function):
                return GeneratorManager(function, frozenset(one for one in self.names if ">" not in one))
            effect = self.effects.of_captured(function, self.names)
            self._add(UseKind.PASS, call.place, effect=effect, name=callee(call))
            return Result.NOTHING if effect is not None and effect.returns else given_by(effect)
        if (use := other_use(self._handing(call, function, name))) is not None:
            self.uses.append(use)
        return Result.NOTHING


def is_item(iterable: Expression, names: frozenset[str]) -> bool:
    """Whether what is iterated over is written out, with the session as one of the items."""
    return isinstance(iterable, Collection) and any(dotted(item) in names for item in iterable.items)
