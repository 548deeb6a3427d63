"""Which variables of a function may hold objects that a session has loaded, and where they are looked into."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection as Places
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from fastapi_session_lint.flow.steps import Bind, Catch, Graph, Leave, Node
from fastapi_session_lint.model.expressions import (
    Attribute,
    Await,
    Call,
    Collection,
    Compare,
    Comprehension,
    Constant,
    Expression,
    Name,
    Not,
    Starred,
    Subscript,
    Template,
    Yield,
    last_name,
)
from fastapi_session_lint.model.syntax import Assigned, Definition, Function, Imported, Other, Parameter
from fastapi_session_lint.model.walk import subexpressions
from fastapi_session_lint.project.values import (
    ClassValue,
    EngineValue,
    FactoryValue,
    FunctionValue,
    Library,
    LibraryObject,
    ModuleValue,
    ObjectValue,
    Scope,
    SessionValue,
)
from fastapi_session_lint.questions.graph_places import expressions_in
from fastapi_session_lint.vocabulary import PLAIN_TYPES, UNMAPPED_MODULES

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context

_NEVER_LOADED = (
    ClassValue, EngineValue, FactoryValue, FunctionValue, Library, LibraryObject, ModuleValue, SessionValue
)  # fmt: skip
_SCALARS = (PLAIN_TYPES - {"list", "tuple", "set", "frozenset", "dict"}) | {
    "Optional", "Union", "Literal", "UUID", "Decimal", "date", "datetime", "time", "timedelta"
}  # fmt: skip
_MAKING = _SCALARS | {"len", "round", "sum", "repr"}


_BASES = 8
"""How many classes up it is asked."""


class Look(NamedTuple):
    """A variable that is looked into; `is_direct` where its own attribute is read, and not an item's or by others."""

    name: str
    is_direct: bool


class LoadedObjects:
    """The question "may this be an object of the session", for the variables of one function."""

    def __init__(self, context: Context, scope: Scope, graph: Graph, session: str) -> None:
        self._context = context
        self._scope = scope
        self._nodes = graph.nodes
        self._session = session.partition(".")[0]
        caught = {node.step.handler.name for node in graph.nodes if isinstance(node.step, Catch)}
        self._others = {self._session, *caught, *_receiver(scope)}

    def are_read_after(self, starts: Places[int]) -> bool:
        """Whether anything that may have been loaded before some nodes is looked into behind them.

        What is loaded anew before that does not count.
        """
        reading: dict[str, set[int]] = defaultdict(set)
        for at, node in enumerate(self._nodes):
            for look in self._looks(node):
                if self.may_be_one(look.name, is_direct=look.is_direct):
                    reading[look.name].add(at)
        for name, places in reading.items():
            anew = {at for at, node in enumerate(self._nodes) if self._is_loaded_at(node, name)}
            if places & self._behind(starts, anew):
                return True
        return False

    def _behind(self, starts: Places[int], barriers: Places[int]) -> set[int]:
        """The nodes that can come after some others, by an error too; what comes after a barrier is not looked for."""
        found = set[int]()
        stack = [after for at in starts for after in self._nodes[at].next]
        while stack:
            at = stack.pop()
            if at not in found:
                found.add(at)
                node = self._nodes[at]
                stack += [node.error] if at in barriers else [*node.next, node.error]
        return found

    # --- what may be one ---

    def may_be_one(self, name: str, *, is_direct: bool = True) -> bool:
        """Whether a variable of the function may hold such an object; for an indirect look, a container of some."""
        found = self._context.names.lookup(name, self._scope)
        if name in self._others or found is None or found[1] is not self._scope:
            return False
        value = self._context.value(Name(name), self._scope)
        if isinstance(value, _NEVER_LOADED) or (isinstance(value, ObjectValue) and self._is_unmapped(value.of)):
            return False
        known = [one for one in found[0] if not isinstance(one, Other)]
        return not known or not all(_is_plain(one, is_direct) or self._is_made_without(one) for one in known)

    def _is_made_without(self, definition: Definition) -> bool:
        """Whether a value is made of literals by something imported, from a file or library that knows no sessions."""
        match definition:
            case Assigned(Call(Name(function), arguments, _), _, "=", None, _):
                found = self._context.names.lookup(function, self._scope)
                is_imported = found is not None and all(isinstance(one, Imported) for one in found[0])
                is_unknown = is_imported and self._context.names.resolve(function, self._scope) is None
                given = (part for one in arguments for part in subexpressions(one.value))
                return is_unknown and not any(isinstance(part, Name) for part in given)
        return False

    def may_be_changed(self, name: str) -> bool:
        """Whether the session may write what becomes of a variable's value; of a new object it has to be told first."""
        found = self._context.names.lookup(name, self._scope)
        is_new = found is not None and all(self._is_new(one) for one in found[0])
        return not is_new and self.may_be_one(name)

    def _is_new(self, definition: Definition) -> bool:
        match definition:
            case Assigned(Call(function, _, _), _, "=", None, _):
                skipped = self._context.framework.startup.skipped_definition(function, self._scope)
                is_class = isinstance(self._context.value(function, self._scope), ClassValue)
                return is_class or (skipped is not None and skipped.is_class)
        return False

    def _is_unmapped(self, kind: ClassValue, depth: int = 0) -> bool:
        """Whether a class of the project is none of a table, since it derives from nothing that could make it one."""
        definition = kind.definition
        if depth > _BASES or any(last_name(one) != "dataclass" for one in definition.decorators):
            return False
        bases = [self._context.value(one, kind.scope.outer or kind.scope) for one in definition.bases]
        return all(
            base.name.startswith(UNMAPPED_MODULES)
            if isinstance(base, Library)
            else isinstance(base, ClassValue) and self._is_unmapped(base, depth + 1)
            for base in bases
        )

    # --- where they are looked into ---

    def _looks(self, node: Node) -> Iterator[Look]:
        for expression in expressions_in(node.step):
            for part in subexpressions(expression):
                match part:
                    case Attribute(owner, _):
                        if (root := _root(owner)) is not None:
                            yield Look(root, isinstance(owner, Name))
                    case Call(_, arguments, _) if self._is_given_away(part):
                        yield from _given(*(one.value for one in arguments))
                    case Yield(value, _, _) if value is not None:
                        yield from _given(value)
        if isinstance(node.step, Leave) and node.step.value is not None:
            yield from _given(node.step.value)

    def _is_given_away(self, call: Call) -> bool:
        """Whether code of the project, or code that is not known, gets the arguments of a call."""
        function = call.function
        while True:
            if isinstance(self._context.value(function, self._scope), Library | LibraryObject | SessionValue):
                return False
            if not isinstance(function, Attribute | Call):
                return True
            function = function.value if isinstance(function, Attribute) else function.function

    def _is_loaded_at(self, node: Node, name: str) -> bool:
        """Whether a variable gets a value that the session has just given."""
        match node.step:
            case Bind(targets, value, _):
                is_bound = any(isinstance(one, Name) and one.id == name for one in targets)
                return is_bound and any(self._asks_session(part) for part in subexpressions(value))
        return False

    def _asks_session(self, expression: Expression) -> bool:
        match expression:
            case Call(function, arguments, _):
                return _root(function) == self._session or any(_root(one.value) == self._session for one in arguments)
        return False


def _root(expression: Expression) -> str | None:
    """The variable that a chain of attributes and items begins with."""
    while isinstance(expression, Attribute | Subscript | Await):
        expression = expression.value
    return expression.id if isinstance(expression, Name) else None


def _given(*values: Expression) -> Iterator[Look]:
    """The variables that are given away as they are, or in a collection."""
    for value in values:
        match value:
            case Name(name):
                yield Look(name, is_direct=False)
            case Collection(_, items):
                yield from _given(*items)
            case Starred(inner):
                yield from _given(inner)


def _is_plain(definition: Definition, is_direct: bool) -> bool:
    """Whether a definition gives a plain value; a list of objects is one as far as its own methods go."""
    match definition:
        case Assigned(Constant() | Template() | Compare() | Not(), _, "=", None, _):
            return True
        case Assigned(Call(Name(kind), _, _), _, "=", None, _):
            return kind in _MAKING
        case Assigned(Collection(_, items), _, "=", None, _):
            return is_direct or not items
        case Assigned(Comprehension(), _, "=", None, _):
            return is_direct
        case Parameter(_, annotation, _, _, _) if annotation is not None:
            names = [last_name(one) for one in subexpressions(annotation) if isinstance(one, Name | Attribute)]
            return bool(names) and all(name in _SCALARS for name in names)
    return False


def _receiver(scope: Scope) -> Iterator[str]:
    """The first parameter of a method."""
    if isinstance(scope.owner, Function) and scope.enclosing_class is not None:
        yield from (one.name for one in scope.owner.parameters[:1])
