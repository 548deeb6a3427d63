"""Calls of generator dependencies outside of injection, and what becomes of the generator."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from fastapi_session_lint import vocabulary
from fastapi_session_lint.flow.entering import expects_error
from fastapi_session_lint.model.expressions import (
    Attribute,
    Await,
    Call,
    Collection,
    Expression,
    Name,
    Subscript,
    dotted,
)
from fastapi_session_lint.model.syntax import Assign, Break, For, Return, Statement, Suite, While, With
from fastapi_session_lint.model.walk import expressions_of, subexpressions, suites_of
from fastapi_session_lint.project.contents import Wanted
from fastapi_session_lint.project.framework import calls_of
from fastapi_session_lint.project.values import FunctionValue, GeneratorValue, Scope, SessionValue
from fastapi_session_lint.questions.entered import is_entered

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context


class GeneratorCall(NamedTuple):
    """A call at which a generator that yields a session is misused.

    `form`: "next", "anext", "next entered" (`with next(…) as db`, and no commit is lost), "kept" (advanced under a name
    that it keeps) or "commit kept" (and its commit is lost by that), "for" or "async for" (left early), "with"
    (entered), "value" (used as a session); of what only the other kind of generator takes, "sync of async" or
    "async of sync".
    `subject` is the name that the session gets, where it is a plain one.
    """

    form: str
    call: Call
    scope: Scope
    function: FunctionValue | None
    subject: str


_GENERATORS = frozenset({GeneratorValue})
_ADVANCING: Wanted = frozenset({"next", "anext", "__next__", "__anext__", "asend", "send"})
_FINISHERS = frozenset({"close", "aclose", "throw", "athrow", "send", "asend", "__next__", "__anext__"})


def generator_calls(context: Context, scope: Scope) -> Iterator[GeneratorCall]:
    """The misused generator calls of a scope."""
    gives_any = context.contents.gives_any(_GENERATORS, scope)
    advances_any = context.contents.calls_any(_ADVANCING, scope)
    if not gives_any and not advances_any:
        return
    calls = calls_of(scope)
    made = gives_any and any(_session_generator(context, call, scope) is not None for call in calls)
    advances = [(call, *advance) for call in calls if (advance := _advance(call)) is not None]
    driven = _driven_names(scope) if made or advances else frozenset[str]()
    refused = frozenset(_refused(context, scope)) if advances else frozenset[int]()
    for call, generator, form in advances:
        if call.place in refused:
            continue
        if isinstance(generator, Name) and generator.id not in driven:
            yield from _kept(context, scope, call, generator, form)
        elif isinstance(generator, Call):
            yield from _advanced(context, scope, call, generator, form)
    for statement in scope.statements if made else ():
        match statement:
            case For(_, iterable, loop, _, is_async, _):
                found = _session_generator(context, iterable, scope)
                mismatch = _mismatch(found[2], is_async) if found else None
                if found and (mismatch or _is_left(loop)):
                    yield GeneratorCall(mismatch or ("async for" if is_async else "for"), *found, "")
            case With(items, _, _, _):
                for item in items:
                    if found := _session_generator(context, item.context, scope):
                        yield GeneratorCall("with", *found, "")
            case Assign((Name(name),), Call() | Await() as value, _) if name not in driven:
                inner = value.value if isinstance(value, Await) else value
                if (found := _session_generator(context, inner, scope)) and _used_as_session(scope, name):
                    yield GeneratorCall("value", *found, name)


def _refused(context: Context, scope: Scope) -> Iterator[int]:
    """The places of the calls at which a test expects an error, so that a generator never gets to its yield.

    Each is in the last statement of its block: of what stands before that it is not known.
    """
    for statement in scope.statements:
        if isinstance(statement, With) and any(
            expects_error(item.context, scope, context.roles) for item in statement.items
        ):
            for whole in expressions_of(statement.body[-1]):
                yield from (part.place for part in subexpressions(whole) if isinstance(part, Call))


def _session_generator(
    context: Context, expression: Expression, scope: Scope
) -> tuple[Call, Scope, FunctionValue | None] | None:
    """A call that gives a generator of sessions."""
    if not isinstance(expression, Call):
        return None
    value = context.value(expression, scope)
    if isinstance(value, GeneratorValue) and isinstance(value.value, SessionValue):
        return expression, scope, value.function
    return None


def _advance(call: Call) -> tuple[Expression, str] | None:
    """`next(get_db())`, `get_db().__anext__()` and their like: what is advanced, and in which form."""
    match call:
        case Call(Name("next" | "anext" as form), (first, *_), _):
            return first.value, form
        case Call(Attribute(generator, "__next__" | "__anext__" | "asend" | "send" as method), _, _):
            return generator, "next" if method in ("__next__", "send") else "anext"
    return None


def _advanced(context: Context, scope: Scope, call: Call, generator: Expression, form: str) -> Iterator[GeneratorCall]:
    value = context.value(generator, scope)
    if isinstance(value, GeneratorValue) and isinstance(value.value, SessionValue):
        form = _mismatch(value.function, form == "anext") or form
        if form == "next" and is_entered(call, scope) and not _commits_behind_yield(context, value.function):
            form = "next entered"
        yield GeneratorCall(form, call, scope, value.function, _target_of(scope, call))


def _kept(context: Context, scope: Scope, call: Call, generator: Name, form: str) -> Iterator[GeneratorCall]:
    """A generator that a name keeps lives as long as that: it closes its session later, and never gets further.

    Where the session is closed by hand, only what else stands behind the yield is missed.
    """
    for found in _advanced(context, scope, call, generator, form):
        if found.form != form:
            yield found
        elif _commits_behind_yield(context, found.function):
            yield found._replace(form="commit kept")
        elif not _is_closed(scope, found.subject):
            yield found._replace(form="kept")


def _commits_behind_yield(context: Context, function: FunctionValue | None) -> bool:
    return function is not None and bool(context.late_commits.behind_yield(function.scope))


def _is_closed(scope: Scope, name: str) -> bool:
    """Whether a session is closed by the name that it has got."""
    for call in calls_of(scope):
        match call.function:
            case Attribute(owner, method) if method in vocabulary.CLOSE_METHODS and dotted(owner) == name:
                return True
    return False


def _mismatch(function: FunctionValue | None, is_async: bool) -> str | None:
    """What is wrong with driving an async generator as a plain one, or the other way round."""
    if function is None or function.function.is_async == is_async:
        return None
    return "async of sync" if is_async else "sync of async"


def _target_of(scope: Scope, call: Call) -> str:
    """The plain name that a call's result is assigned to."""
    for statement in scope.statements:
        match statement:
            case Assign((Name(name),), Await(value, _) | value, _) if value is call:
                return name
    return ""


def _driven_names(scope: Scope) -> frozenset[str]:
    """The names of generators that are kept and closed, advanced more than once, or given to somebody else."""
    counts: Counter[str] = Counter(dict.fromkeys(_names_given_away(scope), 2))
    for call in calls_of(scope):
        match call:
            case Call(Attribute(Name(name), method), _, _) if method in _FINISHERS:
                counts[name] += 2 if method in ("close", "aclose", "throw", "athrow") else 1
            case Call(function, arguments, _):
                for one in arguments:
                    if isinstance(one.value, Name):
                        known = isinstance(function, Name) and function.id in vocabulary.FIRST_ITEM
                        counts[one.value.id] += 1 if known else 2
    return frozenset(name for name, count in counts.items() if count > 1)


def _names_given_away(scope: Scope) -> Iterator[str]:
    """The names whose value is returned or stored, alone or in a tuple, or put into one that has a name."""
    for statement in scope.statements:
        match statement:
            case Return(value):
                pass
            case Assign((Attribute() | Subscript(), *_), value, _) | Assign(_, Collection() as value, _):
                pass
            case _:
                continue
        for part in value.items if isinstance(value, Collection) else (value,):
            if isinstance(part, Name):
                yield part.id


def _is_left(loop: Suite) -> bool:
    """Whether a loop's body leaves the loop before the iterable ends."""
    return any(_leaves(statement, False) for statement in loop)


def _leaves(statement: Statement, inner: bool) -> bool:
    match statement:
        case Return():
            return True
        case Break():
            return not inner
    deeper = inner or isinstance(statement, For | While)
    return any(_leaves(one, deeper) for suite in suites_of(statement) for one in suite)


def _used_as_session(scope: Scope, name: str) -> bool:
    """Whether a session's method is called on a name."""
    for part in scope.expressions:
        match part:
            case Call(Attribute(Name(found), method), _, _) if found == name:
                if method in vocabulary.SESSION_METHODS and method not in _FINISHERS:
                    return True
    return False
