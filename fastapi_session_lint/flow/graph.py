"""The control-flow graph of a function: statements lowered backwards, with the ways out of each block at hand.

`finally` blocks and the exits of `with` are laid once per way out that is used (normal, error, return, break,
continue), as CPython compiles them. Every step has an edge for the error that it may raise.
"""

from __future__ import annotations

from collections.abc import Callable

from fastapi_session_lint.flow.steps import (
    Bind,
    Catch,
    Clear,
    Declare,
    Dispatch,
    End,
    Enter,
    Evaluate,
    Exit,
    Forget,
    Graph,
    Handled,
    Iterate,
    Leave,
    Node,
    Step,
    Test,
    Throw,
)
from fastapi_session_lint.model.expressions import (
    NOTHING,
    NOWHERE,
    Attribute,
    Await,
    Call,
    Choice,
    Compare,
    Expression,
    Logic,
    Name,
    Not,
    Walrus,
    dotted,
    parts_of,
)
from fastapi_session_lint.model.syntax import (
    Assign,
    Break,
    Continue,
    Define,
    Delete,
    Do,
    For,
    Handler,
    If,
    Match,
    Raise,
    Return,
    Statement,
    Suite,
    Try,
    While,
    With,
    WithItem,
)

RETURNED = 0
FAILED = 1


class _Ways:
    """The ways out of a block, each laid when it is first used."""

    def __init__(
        self,
        error: Callable[[], int],
        leave: Callable[[], int],
        stop: Callable[[], int] | None = None,
        again: Callable[[], int] | None = None,
    ) -> None:
        self._lay = {"error": error, "leave": leave, "stop": stop, "again": again}
        self._laid: dict[str, int] = {}

    def to(self, way: str) -> int:
        """The node at which a way out begins."""
        if way not in self._laid:
            lay = self._lay[way]
            self._laid[way] = FAILED if lay is None else lay()
        return self._laid[way]


def build(suite: Suite) -> Graph:
    """The graph of a function's body."""
    builder = _Builder()
    ways = _Ways(lambda: FAILED, lambda: RETURNED)
    entry = builder.block(suite, RETURNED, ways)
    return Graph(tuple(node for node in builder.nodes if node is not None), entry)


class _Builder:
    def __init__(self) -> None:
        self.nodes: list[Node | None] = [Node(End(False), (), FAILED), Node(End(True), (), FAILED)]
        self._blocks = 0

    def add(self, step: Step, following: tuple[int, ...], error: int) -> int:
        self.nodes.append(Node(step, following, error))
        return len(self.nodes) - 1

    def reserve(self) -> int:
        self.nodes.append(None)
        return len(self.nodes) - 1

    def block(self, suite: Suite, then: int, ways: _Ways) -> int:
        for statement in reversed(suite):
            then = self.statement(statement, then, ways)
        return then

    def statement(self, statement: Statement, then: int, ways: _Ways) -> int:
        match statement:
            case Do(value, place):
                return self.add(Evaluate(value, place), (then,), ways.to("error"))
            case Assign(targets, value, place):
                return self._assign(targets, value, place, then, ways)
            case Return(value, place):
                return self._return(value, place, ways)
            case Raise(value, _, place):
                return self.add(Throw(value, place), (), ways.to("error"))
            case Break():
                return ways.to("stop")
            case Continue():
                return ways.to("again")
            case Delete(targets, _):
                return self.add(Forget(targets), (then,), ways.to("error"))
            case If(test, body, orelse, place):
                yes, no = self.block(body, then, ways), self.block(orelse, then, ways)
                return self._test(test, place, yes, no, ways)
            case While():
                return self._while(statement, then, ways)
            case For():
                return self._for(statement, then, ways)
            case Try():
                return self._try(statement, then, ways)
            case With():
                return self._with(statement, then, ways)
            case Match():
                return self._match(statement, then, ways)
            case Define():
                return self.add(Declare(statement), (then,), ways.to("error"))

    def _test(self, test: Expression, place: int, yes: int, no: int, ways: _Ways) -> int:
        """`and` and `or` become branches of their own, so that each part is learnt from."""
        match test:
            case Logic("and", left, right):
                return self._test(left, place, self._test(right, place, yes, no, ways), no, ways)
            case Logic("or", left, right):
                return self._test(left, place, yes, self._test(right, place, yes, no, ways), ways)
            case Not(inner) if isinstance(inner, Logic | Walrus):
                return self._test(inner, place, no, yes, ways)
            case Walrus(target, value):
                then = self._test(Name(target), place, yes, no, ways)
                return self._assign((Name(target),), value, place, then, ways)
        return self.add(Test(test, place), (yes, no), ways.to("error"))

    def _assign(self, targets: tuple[Expression, ...], value: Expression, place: int, then: int, ways: _Ways) -> int:
        """`x = a if t else b` and `x = a or b` branch, where one side calls something and the test is plain."""
        match value:
            case Choice(test, body, orelse) if _calls(body) or _calls(orelse):
                yes = self._assign(targets, body, place, then, ways)
                return self._test(test, place, yes, self._assign(targets, orelse, place, then, ways), ways)
            case Logic("or", Name() | Attribute() as left, right) if _calls(right):
                yes = self._assign(targets, left, place, then, ways)
                return self._test(left, place, yes, self._assign(targets, right, place, then, ways), ways)
        return self.add(Bind(targets, value, place), (then,), ways.to("error"))

    def _return(self, value: Expression | None, place: int, ways: _Ways) -> int:
        match value:
            case Choice(test, body, orelse) if _calls(body) or _calls(orelse):
                yes, no = self._return(body, place, ways), self._return(orelse, place, ways)
                return self._test(test, place, yes, no, ways)
        return self.add(Leave(value, place), (ways.to("leave"),), ways.to("error"))

    def _while(self, loop: While, then: int, ways: _Ways) -> int:
        head = self.reserve()
        inner = _Ways(lambda: ways.to("error"), lambda: ways.to("leave"), lambda: then, lambda: head)
        body = self.block(loop.body, head, inner)
        done = self.block(loop.orelse, then, ways)
        entry = self._test(loop.test, loop.place, body, done, ways)
        self.nodes[head] = Node(Evaluate(NOTHING, NOWHERE), (entry,), FAILED)
        return head

    def _for(self, loop: For, then: int, ways: _Ways) -> int:
        head = self.reserve()
        inner = _Ways(lambda: ways.to("error"), lambda: ways.to("leave"), lambda: then, lambda: head)
        body = self.block(loop.body, head, inner)
        done = self.block(loop.orelse, then, ways)
        step = Iterate(loop.target, loop.iterable, loop.is_async, loop.place)
        self.nodes[head] = Node(step, (body, done), ways.to("error"))
        return self.add(Evaluate(loop.iterable, loop.place), (head,), ways.to("error"))

    def _try(self, statement: Try, then: int, ways: _Ways) -> int:
        outer = ways
        if statement.finalbody:
            final = statement.finalbody
            outer = self._through(lambda onward: self.block(final, onward, ways), ways)
            then = self.block(final, then, ways)
        if not statement.handlers:
            after = self.block(statement.orelse, then, outer)
            return self.block(statement.body, after, outer)
        entries = tuple(self._handler(handler, then, outer) for handler in statement.handlers)
        dispatch = self.add(Dispatch(statement.handlers), entries, outer.to("error"))
        inner = _Ways(lambda: dispatch, lambda: outer.to("leave"), lambda: outer.to("stop"), lambda: outer.to("again"))
        after = self.block(statement.orelse, then, outer)
        return self.block(statement.body, after, inner)

    def _handler(self, handler: Handler, then: int, ways: _Ways) -> int:
        """The error is over where the handler ends, and where it breaks off or goes on with the next round."""
        handled = self.add(Handled(), (then,), FAILED)
        inner = _Ways(
            lambda: ways.to("error"),
            lambda: ways.to("leave"),
            lambda: self.add(Handled(), (ways.to("stop"),), FAILED),
            lambda: self.add(Handled(), (ways.to("again"),), FAILED),
        )
        body = self.block(handler.body, handled, inner)
        return self.add(Catch(handler), (body,), ways.to("error"))

    def _through(self, lay: Callable[[int], int], ways: _Ways) -> _Ways:
        """The ways out with something laid before each of them."""
        return _Ways(
            lambda: lay(ways.to("error")),
            lambda: lay(ways.to("leave")),
            lambda: lay(ways.to("stop")),
            lambda: lay(ways.to("again")),
        )

    def _with(self, statement: With, then: int, ways: _Ways) -> int:
        return self._items(statement, statement.items, then, ways)

    def _items(self, statement: With, items: tuple[WithItem, ...], then: int, ways: _Ways) -> int:
        if not items:
            return self.block(statement.body, then, ways)
        self._blocks += 1
        block = self._blocks
        inner = _Ways(
            lambda: self.add(Exit(block, True), (ways.to("error"), then), ways.to("error")),
            lambda: self.add(Exit(block, False), (ways.to("leave"),), ways.to("error")),
            lambda: self.add(Exit(block, False), (ways.to("stop"),), ways.to("error")),
            lambda: self.add(Exit(block, False), (ways.to("again"),), ways.to("error")),
        )
        leave = self.add(Exit(block, False), (then,), ways.to("error"))
        body = self._items(statement, items[1:], leave, inner)
        return self.add(Enter(items[0], block, statement.is_async, statement.place), (body,), ways.to("error"))

    def _match(self, statement: Match, then: int, ways: _Ways) -> int:
        """Each case is a test of the subject of which nothing is known; what a call gives has a name of its own."""
        subject, following = statement.subject, then
        if isinstance(subject, Call | Await):
            self._blocks += 1
            subject = Name(f"match {self._blocks}")
        test = Test(Compare(subject if dotted(subject) else NOTHING, "==", NOTHING), NOWHERE)
        for case in reversed(statement.cases):
            body = self.block(case.body, then, ways)
            if case.guard is not None:
                body = self._test(case.guard, statement.place, body, following, ways)
            taken = self.add(Clear(case.names), (body,), ways.to("error"))
            following = taken if case.irrefutable else self.add(test, (taken, following), FAILED)
        if subject is statement.subject:
            return self.add(Evaluate(subject, statement.place), (following,), ways.to("error"))
        return self.add(Bind((subject,), statement.subject, statement.place), (following,), ways.to("error"))


def _calls(expression: Expression) -> bool:
    return isinstance(expression, Call | Await) or any(_calls(part) for part in parts_of(expression))
