"""What a call does to the session, or to what leads to it, when that is one of the arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from fastapi_session_lint import vocabulary
from fastapi_session_lint.flow.states import GeneratorManager
from fastapi_session_lint.flow.summary import REFUSED, Effect
from fastapi_session_lint.flow.uses import Captured, Holder, Method, Outcome, Result, Use, UseKind, kept_under
from fastapi_session_lint.model.expressions import NOTHING, Argument, Attribute, Call, Name, dotted
from fastapi_session_lint.project.arguments import parameter_for, taking_session
from fastapi_session_lint.project.implementations import is_abstract
from fastapi_session_lint.project.values import ClassValue, FunctionValue, ObjectValue, Scope, SessionValue, Value
from fastapi_session_lint.vocabulary import Action

if TYPE_CHECKING:
    from fastapi_session_lint.flow.effects import Effects


class Given(NamedTuple):
    """An argument of a call that is the session or leads to it, and what it is."""

    argument: Argument
    what: Outcome


class Handing(NamedTuple):
    """A call that is given the session: `function` is what is called, `name` its full name in a library.

    `names` are what stands for the session around the call.
    """

    effects: Effects
    scope: Scope
    names: frozenset[str]
    call: Call
    function: Value | None
    name: str


def hand(handing: Handing, given: Given) -> tuple[Outcome, Use | None]:
    """What the call gives as far as this argument goes, and what happens to the session."""
    match given.what:
        case Method(name):
            return Result.NOTHING, _use(
                handing, UseKind.KEEP if name in vocabulary.CLOSE_METHODS else UseKind.CALL, name=name
            )
        case Captured(function):
            return Result.NOTHING, _captured(handing, function)
        case Result.SESSION:
            return _session(handing, given.argument)
    if isinstance(handing.function, ClassValue):
        return _around(handing, handing.function, given)
    if isinstance(given.what, Holder) and isinstance(handing.function, FunctionValue):
        return _holder(handing, handing.function, given.argument, given.what)
    return Result.NOTHING, _use(handing, UseKind.KEEP)


def _use(handing: Handing, kind: UseKind, effect: Effect | None = None, name: str | None = None) -> Use:
    return Use(kind, handing.call.place, None, effect, callee(handing.call) if name is None else name)


def _captured(handing: Handing, function: FunctionValue) -> Use:
    """A nested function is given away: whoever closes or keeps the session in it owns it, else it is called there."""
    effect = handing.effects.of_captured(function, handing.names)
    if keeps(effect, function):
        return _use(handing, UseKind.KEEP, name=_closing_name(effect))
    return _use(handing, UseKind.PASS, effect)


def keeps(effect: Effect | None, function: FunctionValue) -> bool:
    """Whether a function may close the session, keep it or give it away; one that is not known may."""
    return effect is None or function.function.is_generator or effect.returns or effect.lets_go


def gives(effects: Effects, outcome: Outcome, names: frozenset[str]) -> bool:
    """Whether someone who gets this gets the session: it, what holds it, or a function that closes or keeps it."""
    match outcome:
        case Captured(function):
            return keeps(effects.of_captured(function, names), function)
        case Method(name):
            return name in vocabulary.CLOSE_METHODS
    return outcome is not Result.NOTHING


def _closing_name(effect: Effect | None) -> str | None:
    return "close" if effect is not None and effect.closes else None


def _session(handing: Handing, argument: Argument) -> tuple[Outcome, Use | None]:
    call, function, name = handing.call, handing.function, handing.name
    if name in vocabulary.BUILTIN_READERS or name.startswith(vocabulary.SESSION_READERS):
        return Result.NOTHING, Use(UseKind.ACT, call.place, Action.READ, name=callee(call))
    if function is None and isinstance(call.function, Name) and call.function.id in vocabulary.BUILTIN_READERS:
        return Result.NOTHING, None
    if isinstance(function, ClassValue):
        return _construct(handing, function, argument)
    if isinstance(function, FunctionValue) and handing.effects.is_manager(function):
        parameter = taking_session(function, call, argument, handing.effects.roles)
        if parameter is None:
            return Result.NOTHING, _use(handing, UseKind.KEEP)
        return GeneratorManager(function, frozenset({parameter.name})), None
    effect = handing.effects.of_argument(function, call, argument)
    if effect is not None:
        return given_by(effect), _use(handing, UseKind.PASS, effect)
    if isinstance(function, FunctionValue) and _is_refused(handing, function, argument):
        return Result.NOTHING, _use(handing, UseKind.PASS, REFUSED)
    later = _effect_of_callback(handing, argument)
    if later is None or later.lets_go:
        return Result.NOTHING, _use(handing, UseKind.KEEP, name=_closing_name(later))
    return Result.NOTHING, _use(handing, UseKind.PASS, later.put_off())


def _holder(handing: Handing, function: FunctionValue, argument: Argument, holder: Holder) -> tuple[Outcome, Use]:
    """An object that keeps the session is given to a function of the project."""
    is_manager = handing.effects.is_manager(function)
    effect = None if is_manager else handing.effects.of_argument(function, handing.call, argument, holder.paths)
    if effect is None:
        return Result.NOTHING, _use(handing, UseKind.KEEP)
    return holder if effect.returns_receiver else given_by(effect), _use(handing, UseKind.PASS, effect)


def given_by(effect: Effect | None) -> Outcome:
    """What a function gives that was given the session: it, an object that keeps it, or something else."""
    if effect is not None and effect.returns_holder:
        return kept_under(effect.returns_holder)
    return Result.SESSION if effect is not None and effect.returns else Result.NOTHING


def _is_refused(handing: Handing, function: FunctionValue, argument: Argument) -> bool:
    """Whether what is called has no place for a session there: whatever it does, it does not mend it."""
    call = handing.call
    if any(one.star for one in call.arguments) or taking_session(function, call, argument, handing.effects.roles):
        return False
    parameter = parameter_for(argument, function.function, call, function.receiver is not None)
    return parameter is None or parameter.kind not in ("*", "**")


def _effect_of_callback(handing: Handing, argument: Argument) -> Effect | None:
    """`register(f, db)`, `run_in_threadpool(f, db)` and their like call the function that stands before the session."""
    positional = [one for one in handing.call.arguments if one.name is None and not one.star]
    for index, one in enumerate(positional):
        if one is argument:
            return None
        function = handing.effects.roles.value(one.value, handing.scope)
        if isinstance(function, FunctionValue):
            more = (_MORE,) if handing.name in vocabulary.PARTIAL else ()
            inner = Call(one.value, (*positional[index + 1 :], *_keywords(handing.call), *more), handing.call.place)
            return handing.effects.of_argument(function, inner, argument)
    return None


_MORE = Argument(None, NOTHING, "*")
"""What a partial is given when it is called."""


def _construct(handing: Handing, of: ClassValue, argument: Argument) -> tuple[Outcome, Use]:
    """The session is given to an object: where it is kept under a name, the object holds it."""
    maker = handing.effects.roles.member(of, "__init__", ObjectValue(of))
    named = of.definition.name
    if isinstance(maker, FunctionValue):
        effect = handing.effects.of_argument(maker, handing.call, argument)
        if effect is not None and effect.stores:
            return Holder(effect.stores, of), _use(handing, UseKind.PASS, effect.without_stores(), named)
        if effect is not None and not effect.stores:
            return Result.NOTHING, _use(handing, UseKind.PASS, effect, named)
    elif argument.name is not None and maker is None:
        return Holder(frozenset({argument.name}), of), _use(handing, UseKind.CALL, name="")
    return Result.CONTAINED, _use(handing, UseKind.KEEP, name=named)


def _around(handing: Handing, of: ClassValue, given: Given) -> tuple[Outcome, Use]:
    """An object that holds the session is given to another one: where that only keeps it, it holds the session too."""
    maker = handing.effects.roles.member(of, "__init__", ObjectValue(of))
    if isinstance(given.what, Holder) and isinstance(maker, FunctionValue):
        effect = handing.effects.of_argument(maker, handing.call, given.argument)
        if effect is not None and effect.stores and effect.io is None and not effect.closes:
            paths = frozenset().union(*(given.what.kept_as(path) for path in effect.stores))
            if paths:
                return Holder(paths, of), _use(handing, UseKind.CALL, name="")
    return Result.CONTAINED, _use(handing, UseKind.KEEP)


def added(effects: Effects, scope: Scope, call: Call) -> Effect | None:
    """What a call of a method does that the project's own class of sessions adds; None where it is no such method."""
    method = call.function
    if not isinstance(method, Attribute):
        return None
    session = effects.roles.value(method.value, scope)
    of = session.of if isinstance(session, ObjectValue | SessionValue) else None
    of = ClassValue(of) if isinstance(of, Scope) else of
    if of is None:
        return None
    return effects.of_receiver(effects.roles.member(of, method.name, ObjectValue(of)), call)


def taken_by(handing: Handing, argument: Argument) -> str | None:
    """The parameter by which a method of the project, whose object keeps the session too, takes it."""
    if not isinstance(handing.function, FunctionValue) or handing.effects.is_manager(handing.function):
        return None
    if is_abstract(handing.function.function):
        return None
    parameter = taking_session(handing.function, handing.call, argument, handing.effects.roles)
    return parameter.name if parameter is not None else None


def offload(handing: Handing, given: Given) -> Use:
    """`run_in_threadpool(f, db)` and its like call the function that they are given, elsewhere and at once."""
    match given.what:
        case Method(name):
            action = vocabulary.SESSION_METHODS.get(name, Action.READ)
            return Use(UseKind.ACT, handing.call.place, action, name=name)
        case Captured(function):
            effect = handing.effects.of_captured(function, handing.names)
            action = Action.CLOSE if effect is not None and effect.closes else Action.READ
            return Use(UseKind.ACT, handing.call.place, action)
    effect = _effect_of_callback(handing, given.argument)
    return _use(handing, UseKind.PASS if effect else UseKind.KEEP, effect)


def callee(call: Call) -> str:
    """What a call names as the function, as far as it can be said in words."""
    text = dotted(call.function)
    if text is not None:
        return text
    return call.function.name if isinstance(call.function, Attribute) else ""


def _keywords(call: Call) -> tuple[Argument, ...]:
    return tuple(one for one in call.arguments if one.name is not None)
