"""The steps of a control-flow graph, its nodes, and the graph itself."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from fastapi_session_lint.model.expressions import Expression
from fastapi_session_lint.model.syntax import Define, Handler, WithItem


class Evaluate(NamedTuple):
    """Evaluate an expression for what it does."""

    value: Expression
    place: int


class Bind(NamedTuple):
    """Assign a value to targets."""

    targets: tuple[Expression, ...]
    value: Expression
    place: int


class Test(NamedTuple):
    """Branch: `next` is (when true, when false)."""

    value: Expression
    place: int


class Iterate(NamedTuple):
    """The head of a for: `next` is (body, when exhausted)."""

    target: Expression
    iterable: Expression
    is_async: bool
    place: int


class Enter(NamedTuple):
    """Enter one item of a with; `block` tells the items of a graph apart."""

    item: WithItem
    block: int
    is_async: bool
    place: int


class Exit(NamedTuple):
    """Leave a with item: `next` is (onward,), or with an error in flight (onward, where a swallowed one goes on)."""

    block: int
    failing: bool


class Leave(NamedTuple):
    """Return from the function with a value."""

    value: Expression | None
    place: int


class Throw(NamedTuple):
    """Raise."""

    value: Expression | None
    place: int


class Dispatch(NamedTuple):
    """An error in flight meets the handlers of a try: `next` are their entries, `error` where the rest goes."""

    handlers: tuple[Handler, ...]


class Catch(NamedTuple):
    """The head of a handler."""

    handler: Handler


class Handled(NamedTuple):
    """The end of a handler that has finished: no error is in flight any more."""


class Declare(NamedTuple):
    """A def or class is made."""

    statement: Define


class Forget(NamedTuple):
    """`del` of names."""

    targets: tuple[Expression, ...]


class Clear(NamedTuple):
    """Names are bound to something unknown (a case of a match)."""

    names: tuple[str, ...]


class End(NamedTuple):
    """The function is over: it returned, or let an error out."""

    failed: bool


Step: TypeAlias = (
    Evaluate
    | Bind
    | Test
    | Iterate
    | Enter
    | Exit
    | Leave
    | Throw
    | Dispatch
    | Catch
    | Handled
    | Declare
    | Forget
    | Clear
    | End
)


class Node(NamedTuple):
    """A step, the nodes that follow it, and the node that an error of it leads to."""

    step: Step
    next: tuple[int, ...]
    error: int


class Graph(NamedTuple):
    """The nodes of a function, and where it begins; nodes 0 and 1 are its ends, returned and failed."""

    nodes: tuple[Node, ...]
    entry: int
