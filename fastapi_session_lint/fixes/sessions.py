"""What statements do with a session, by their form: create it, close it, hand it out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst

from fastapi_session_lint.fixes.edits import Point
from fastapi_session_lint.fixes.names import is_binding, scope_mentions
from fastapi_session_lint.fixes.suites import Statement, Step, Suite, statement_of, suite_of
from fastapi_session_lint.fixes.tree import Node, Tree, children
from fastapi_session_lint.vocabulary import ATTACHING_METHODS

_PLAIN_RESULTS = frozenset(
    {"bool", "bytes", "dict", "float", "int", "isinstance", "len", "max", "min", "repr", "round", "str", "sum"}
)
_CONSTANTS = frozenset({"True", "False", "None"})


@dataclass(frozen=True, slots=True)
class Creation:
    """`name = value`, a step of a suite; `value` holds the creating call and, where there is one, its await."""

    suite: Suite
    index: int
    name: str
    value: cst.BaseExpression

    @property
    def statement(self) -> Statement:
        """The assignment."""
        return self.suite.steps[self.index].node


@dataclass(frozen=True, slots=True)
class Close:
    """A statement that closes a session, or was meant to: it may lack its call or its await."""

    is_called: bool
    is_awaited: bool


def creation_at(tree: Tree, call: cst.Call) -> Creation | None:
    """The assignment of a call's value (awaited or not) to one plain name; None for any other use of the call."""
    value: cst.BaseExpression = call
    above = tree.parent(call)
    if isinstance(above, cst.Await):
        value, above = above, tree.parent(above)
    if isinstance(above, cst.Assign | cst.AnnAssign) and above.value is value:
        return creation_by(tree, above)
    return None


def creation_by(tree: Tree, statement: Statement) -> Creation | None:
    """The creation that an assignment to one plain name is, None for any other statement."""
    match statement:
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))], value=value):
            pass
        case cst.AnnAssign(target=cst.Name(value=name), value=cst.BaseExpression() as value):
            pass
        case _:
            return None
    around = suite_of(tree, statement)
    return Creation(around, around.index(statement), name, value) if around else None


def only_creation(tree: Tree, function: cst.FunctionDef, name: str) -> Creation | None:
    """The one statement of the function that binds the session's name."""
    bindings = [one for one in scope_mentions(tree, function, name) if is_binding(tree, one)]
    if len(bindings) != 1 or tree.scope(bindings[0]) is not function:
        return None
    return creation_by(tree, statement_of(tree, bindings[0]))


def dotted(node: cst.CSTNode) -> str | None:
    """The text of a name or of attributes of one, white space left out; None for other expressions."""
    match node:
        case cst.Name(value=name):
            return name
        case cst.Attribute(value=value, attr=cst.Name(value=name)):
            base = dotted(value)
            return f"{base}.{name}" if base else None
    return None


def subject_name(subject: str) -> str:
    """The variable that a session's expression starts from."""
    return subject.partition(".")[0]


def call_text(subject: str, method: str, is_async: bool) -> str:
    """The statement that calls a session's method."""
    return f"{'await ' if is_async else ''}{subject}.{method}()"


def is_awaited(tree: Tree, scope: cst.CSTNode, subject: str) -> bool:
    """Whether a function awaits what a method of the session gives: then it is none that a plain call would do for."""
    for use in scope_mentions(tree, scope, subject_name(subject)):
        expression: cst.CSTNode = use
        for above in tree.ancestors(use):
            if isinstance(above, cst.Await):
                return True
            is_receiver = isinstance(above, cst.Attribute) and above.value is expression
            if not is_receiver and not (isinstance(above, cst.Call) and above.func is expression):
                break
            if is_receiver and (dotted(above) or "").count(".") > subject.count(".") + 1:
                break
            expression = above
    return False


def close_at(statement: cst.CSTNode, subject: str, *, method: str = "close") -> Close | None:
    """What a statement is to the closing (or another method) of a session, None when it is something else."""
    if not isinstance(statement, cst.Expr):
        return None
    value = statement.value
    is_awaited = isinstance(value, cst.Await)
    if isinstance(value, cst.Await):
        value = value.expression
    is_called = isinstance(value, cst.Call) and not value.args
    if isinstance(value, cst.Call) and not value.args:
        value = value.func
    return Close(is_called, is_awaited) if dotted(value) == f"{subject}.{method}" else None


def only_closes(statement: cst.CSTNode, subject: str) -> bool:
    """Whether a statement closes the session and does nothing else: `db.close()`, or `if db: db.close()`."""
    return _only_calls(statement, subject, ("close",))


def only_resets(statement: cst.CSTNode, subject: str) -> bool:
    """Whether a statement rolls the session back or closes it, which does nothing to one that is closed already."""
    return _only_calls(statement, subject, ("close", "rollback"))


def _only_calls(statement: cst.CSTNode, subject: str, methods: tuple[str, ...]) -> bool:
    match statement:
        case cst.If(test=test, orelse=None, body=cst.IndentedBlock(body=[cst.SimpleStatementLine(body=[inner])])):
            return _asks_for(test, subject) and _only_calls(inner, subject, methods)
    return any(close_at(statement, subject, method=method) for method in methods)


def _asks_for(test: cst.BaseExpression, subject: str) -> bool:
    """Whether a condition is `db` or `db is not None`."""
    match test:
        case cst.Comparison(left=left, comparisons=[cst.ComparisonTarget(operator=cst.IsNot())]):
            return dotted(left) == subject
    return dotted(test) == subject


def closes_properly(step: Step, subject: str, is_async: bool) -> bool:
    """Whether a step is the whole close() of the session, awaited where it must be."""
    return close_at(step.node, subject) == Close(is_called=True, is_awaited=is_async)


def mended_close(step: Step, subject: str, is_async: bool) -> list[tuple[Point, str]]:
    """What must be inserted where so that a step closes the session properly."""
    found = close_at(step.node, subject)
    assert found is not None
    missing = []
    if is_async and not found.is_awaited:
        missing.append((step.start, "await "))
    if not found.is_called:
        missing.append((step.end, "()"))
    return missing


def own_nodes(root: cst.CSTNode, *kinds: type[Node]) -> Iterator[Node]:
    """The nodes of some kinds below a node that run with it: those of nested functions and classes are left out."""
    if isinstance(root, kinds):
        yield root
    if isinstance(root, cst.FunctionDef | cst.ClassDef | cst.Lambda):
        return
    for child in children(root):
        yield from own_nodes(child, *kinds)


def is_one_call(value: cst.BaseExpression) -> bool:
    """Whether an expression calls one thing only, so that this is what makes the session."""
    call = value.expression if isinstance(value, cst.Await) else value
    return isinstance(call, cst.Call) and not any(any(own_nodes(arg, cst.Call, cst.Await)) for arg in call.args)


def may_hand_out(value: cst.BaseExpression | None, name: str) -> bool:
    """Whether a returned value may be, or lead to, something that needs the session open after the return.

    Literals, attributes, comparisons, f-strings and calls that give plain values do not.
    """
    match value:
        case None | cst.BaseString() | cst.BaseNumber() | cst.Attribute() | cst.Comparison() | cst.Ellipsis():
            return False
        case cst.Name(value=word):
            return word not in _CONSTANTS
        case cst.UnaryOperation():
            return False
        case cst.Call(func=func, args=args):
            if isinstance(func, cst.Name) and func.value in _PLAIN_RESULTS:
                return False
            return _reads(func, name) or any(may_hand_out(arg.value, name) for arg in args)
        case cst.List() | cst.Tuple() | cst.Set() | cst.Dict():
            return any(may_hand_out(one.value, name) for one in value.elements)
        case cst.IfExp(body=body, orelse=orelse):
            return may_hand_out(body, name) or may_hand_out(orelse, name)
    return True


def _reads(node: cst.CSTNode, name: str) -> bool:
    base = dotted(node)
    return base is None or subject_name(base) == name


def attached_names(node: cst.CSTNode, name: str) -> set[str]:
    """The variables whose objects a statement puts into the session: after a commit they cannot be read without it."""
    found: set[str] = set()
    for call in own_nodes(node, cst.Call):
        match call.func:
            case cst.Attribute(value=cst.Name(value=session), attr=cst.Name(value=method)) if session == name:
                if method in ATTACHING_METHODS:
                    found.update(*(_listed(arg.value) for arg in call.args))
    for loop in own_nodes(node, cst.For):
        match loop:
            case cst.For(target=cst.Name(value=item), iter=cst.Name(value=items)) if item in found:
                found.add(items)
    return found


def _listed(value: cst.BaseExpression) -> set[str]:
    """A variable, or those in a list."""
    match value:
        case cst.Name(value=word):
            return {word}
        case cst.List() | cst.Tuple() | cst.Set():
            return set[str]().union(*(_listed(one.value) for one in value.elements))
    return set()


def hands_over(node: cst.CSTNode, name: str) -> bool:
    """Whether a statement returns the session itself or stores it in an attribute or a container."""
    match node:
        case cst.Return(value=cst.BaseExpression() as value):
            return _is_given(value, name)
        case cst.Assign(targets=targets, value=value):
            stored = any(isinstance(one.target, cst.Attribute | cst.Subscript) for one in targets)
            return stored and _is_given(value, name)
    return False


def _is_given(value: cst.BaseExpression, name: str) -> bool:
    match value:
        case cst.Name(value=word):
            return word == name
        case cst.List() | cst.Tuple() | cst.Set() | cst.Dict():
            return any(_is_given(one.value, name) for one in value.elements)
        case cst.IfExp(body=body, orelse=orelse):
            return _is_given(body, name) or _is_given(orelse, name)
        case cst.BooleanOperation(left=left, right=right):
            return _is_given(left, name) or _is_given(right, name)
    return False
