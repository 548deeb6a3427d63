"""What a value comes from: the call that makes a session, behind awaits, exit stacks and the like."""

from __future__ import annotations

from fastapi_session_lint import vocabulary
from fastapi_session_lint.model.expressions import (
    Await,
    Call,
    Choice,
    Collection,
    Expression,
    Logic,
    Walrus,
    last_name,
    parts_of,
)


def creates(value: Expression | None, made: set[int]) -> bool:
    """Whether an expression gives what one of some calls makes, by the identities of these."""
    if isinstance(value, Await):
        value = value.value
    if value is None:
        return False
    if isinstance(value, Call):
        return id(value) in made or (_hands_through(value) and creates(value.arguments[0].value, made))
    return any(creates(part, made) for part in parts_of(value) if isinstance(part, Call | Await))


def is_made_by(value: Expression, call: Call) -> bool:
    """Whether what a call makes is what an expression gives: not where it is only an argument of another call."""
    match value:
        case Await(inner, _) | Walrus(_, inner):
            return is_made_by(inner, call)
        case Choice(_, left, right) | Logic(_, left, right):
            return is_made_by(left, call) or is_made_by(right, call)
        case Collection(_, items):
            return any(is_made_by(item, call) for item in items)
        case Call(_, arguments, _) if _hands_through(value):
            return value is call or any(is_made_by(one.value, call) for one in arguments)
    return value is call


def _hands_through(call: Call) -> bool:
    """Whether a call gives, or has a with give, the very thing that it is given."""
    return bool(call.arguments) and last_name(call.function) in vocabulary.HANDING_THROUGH


def origin(value: Expression) -> Expression:
    """What a value comes from, behind awaits, exit stacks and the like."""
    while True:
        match value:
            case Await(inner, _):
                value = inner
            case Call(_, (first, *_), _) if _hands_through(value):
                value = first.value
            case _:
                return value
