"""Engines and the databases that they name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from fastapi_session_lint import vocabulary
from fastapi_session_lint.model.expressions import (
    Attribute,
    Call,
    Collection,
    Constant,
    Expression,
    Logic,
    Name,
    Opaque,
    Template,
)
from fastapi_session_lint.model.syntax import Assigned, Class, Declared, Function, Return
from fastapi_session_lint.model.walk import statements
from fastapi_session_lint.project.framework import calls_of
from fastapi_session_lint.project.libraries import argument, has_stars, is_false, is_true
from fastapi_session_lint.project.values import (
    ClassValue,
    EngineValue,
    FunctionValue,
    Library,
    ObjectValue,
    Scope,
)
from fastapi_session_lint.questions.engine_threads import EngineThreads
from fastapi_session_lint.questions.keeping import Keeping
from fastapi_session_lint.questions.other_databases import is_another

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context

_MEMORY = re.compile(r"sqlite(\+pysqlite)?://(/?(:memory:.*)?)?(\?.*)?\Z")
_SHARED = re.compile(r"cache=shared|mode=memory")
_IN_MEMORY = re.compile(r":memory:|mode=memory")
_FILE = re.compile(r"sqlite(\+pysqlite|\+pysqlcipher)?:///")


class Address(NamedTuple):
    """A database URL as far as it can be read: how it begins, whether it can be no other, whether that is all of it.

    `rest` are the other parts of it that are written out.
    """

    text: str
    is_certain: bool
    is_whole: bool = True
    rest: str = ""


class SqliteEngine(NamedTuple):
    """A sync SQLite engine: the call that makes it, and what its connect_args say of check_same_thread."""

    call: Call
    is_certain: bool
    checks_thread: bool


class Engines:
    """The questions about engines."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._threads = EngineThreads(context)
        self._made: dict[int, tuple[Call, ...]] = {}

    def sqlite_files(self, scope: Scope) -> Iterator[SqliteEngine]:
        """The sync engines on SQLite files that do not turn check_same_thread off."""
        for call in self._sync_engines(scope):
            address = self._url(call, scope)
            if (
                address is None
                or not _FILE.match(address.text)
                or _IN_MEMORY.search(address.text)
                or _is_memory(address)
                or self._threads.is_one(scope)
                or self._is_used_here_alone(call, scope)
                or is_another(self._context, call, scope)
            ):
                continue
            checked = self._checks_thread(call, scope)
            if checked is not None and "check_same_thread" not in (address.text + address.rest).lower():
                yield SqliteEngine(call, address.is_certain, checked == "explicit")

    def _is_used_here_alone(self, call: Call, scope: Scope) -> bool:
        """Whether an engine stays with the run of the function that makes it, and so with one thread."""
        return isinstance(scope.owner, Function) and not Keeping(self._context, call, scope).is_seen_elsewhere()

    def memory_databases(self, scope: Scope) -> Iterator[SqliteEngine]:
        """The sync in-memory engines that several threads meet, without the pool that would share them."""
        for call in self._sync_engines(scope):
            address = self._url(call, scope)
            if address is None or not address.is_certain or not _is_memory(address) or self._threads.is_one(scope):
                continue
            if self._is_shared(call, scope, address) or not self._threads.are_several(scope):
                continue
            yield SqliteEngine(call, True, True)

    def _sync_engines(self, scope: Scope) -> tuple[Call, ...]:
        """The sync engines that a scope makes."""
        if id(scope) not in self._made:
            makes_any = self._context.contents.gives_any(_ENGINES, scope)
            values = [(call, self._context.value(call, scope)) for call in calls_of(scope) if makes_any]
            made = (
                call for call, one in values if isinstance(one, EngineValue) and one.call is call and not one.is_async
            )
            self._made[id(scope)] = tuple(made)
        return self._made[id(scope)]

    def _url(self, call: Call, scope: Scope) -> Address | None:
        url = argument(call, "url", 0)
        return None if url is None else self.address(url, scope)

    # --- connect_args ---

    def _checks_thread(self, call: Call, scope: Scope) -> str | None:
        """ "default" or "explicit" where SQLite checks the thread, None where it does not or cannot be known."""
        if has_stars(call):
            return None
        given = argument(call, "connect_args")
        if given is None:
            return "default"
        pairs = self._pairs(given, scope)
        if pairs is None:
            return None
        value = pairs.get("check_same_thread")
        if value is None:
            return "default"
        return "explicit" if is_true(value) else None

    def _pairs(self, given: Expression, scope: Scope, depth: int = 0) -> dict[str, Expression] | None:
        """A dict's text keys and their values; None where it cannot be read."""
        match given:
            case Collection("dict", items) if all(isinstance(key, Constant) for key in items[::2]):
                return {
                    str(getattr(key, "value", "")): value for key, value in zip(items[::2], items[1::2], strict=False)
                }
            case Call(Name("dict"), arguments, _) if all(one.name for one in arguments):
                return {str(one.name): one.value for one in arguments}
            case Name(name) if depth < 4:
                found = self._single(name, scope)
                return self._pairs(*found, depth + 1) if found else None
        return None

    def _single(self, name: str, scope: Scope) -> tuple[Expression, Scope] | None:
        """The value of a name that is assigned once."""
        found = self._context.names.resolve(name, scope)
        if found is None:
            return None
        definitions, home = found
        if len(definitions) == 1 and isinstance(definitions[0], Assigned) and definitions[0].via == "=":
            return definitions[0].value, home
        return None

    def _is_shared(self, call: Call, scope: Scope, address: Address) -> bool:
        """A StaticPool whose connection any thread may use, or options that cannot be read."""
        if has_stars(call) or argument(call, "creator") is not None or argument(call, "pool") is not None:
            return True
        pool = argument(call, "poolclass")
        if pool is None:
            return False
        value = self._context.value(pool, scope)
        is_static = isinstance(value, Library) and value.name.endswith(".StaticPool")
        if not is_static:
            return not isinstance(value, Library)
        if "check_same_thread=false" in address.text.lower():
            return True
        given = argument(call, "connect_args")
        pairs = self._pairs(given, scope) if given is not None else {}
        return pairs is None or is_false(pairs.get("check_same_thread"))

    # --- addresses ---

    def address(self, expression: Expression, scope: Scope, depth: int = 0) -> Address | None:
        """The URL that an expression stands for: a literal, a constant, how an f-string begins, a setting's default."""
        if depth > 8:
            return None
        match expression:
            case Constant("text", str(text), _):
                return Address(text, True)
            case Template((Constant("text", str(text), _), *rest), _) | Opaque((Constant("text", str(text), _), *rest)):
                return Address(text, True, False, _written(rest))
            case Name(name):
                return self._named(name, scope, depth)
            case Attribute(owner, name):
                return self._attribute(owner, name, scope, depth)
            case Logic("or", _, right):
                return _uncertain(self.address(right, scope, depth + 1))
            case Call():
                return self._called(expression, scope, depth)
        return None

    def _named(self, name: str, scope: Scope, depth: int) -> Address | None:
        found = self._context.names.resolve(name, scope)
        if found is None:
            return None
        definitions, home = found
        return self._of_definitions(definitions, home, depth)

    def _of_definitions(self, definitions: tuple[object, ...], home: Scope, depth: int) -> Address | None:
        if len(definitions) == 1 and isinstance(definitions[0], Function):
            return self._of_property(definitions[0], depth)
        values = [one for one in definitions if isinstance(one, Assigned) and one.via == "="]
        known = [self.address(one.value, home, depth + 1) for one in values]
        if len(known) != 1 or len(definitions) != len(
            [one for one in definitions if isinstance(one, Assigned | Declared)]
        ):
            return None
        return known[0]

    def _of_property(self, function: Function, depth: int) -> Address | None:
        scope = self._context.names.scope_of(function)
        kinds = self._context.roles.decorators(function, scope)
        return self._of_return(scope, depth) if kinds & vocabulary.PROPERTY_DECORATORS else None

    def _of_return(self, scope: Scope, depth: int) -> Address | None:
        """What a function with a single return gives."""
        body = scope.owner.body if isinstance(scope.owner, Function) else ()
        returns = [one.value for one in statements(body) if isinstance(one, Return)]
        return self.address(returns[0], scope, depth + 1) if len(returns) == 1 and returns[0] is not None else None

    def _attribute(self, owner: Expression, name: str, scope: Scope, depth: int) -> Address | None:
        """A class attribute: the default of a setting, which the environment may override, or a plain constant."""
        value = self._context.value(owner, scope)
        of = value.of if isinstance(value, ObjectValue) else value
        if not isinstance(of, ClassValue):
            return self._module_attribute(owner, name, scope, depth)
        definition = of.scope.owner
        assert isinstance(definition, Class)
        found = self._of_definitions(definition.bindings.get(name, ()), of.scope, depth)
        return found if not definition.bases and not definition.decorators else _uncertain(found)

    def _module_attribute(self, owner: Expression, name: str, scope: Scope, depth: int) -> Address | None:
        value = self._context.value(owner, scope)
        path = getattr(value, "path", None)
        found = self._context.names.member(path, name) if isinstance(path, str) else None
        return self._of_definitions(found[0], found[1], depth) if found else None

    def _called(self, call: Call, scope: Scope, depth: int) -> Address | None:
        """`os.getenv(name, default)`, `Field(default=…)`, `make_url(…)`, `URL.create(…)`, `str(…)`, an own function."""
        function = self._context.value(call.function, scope)
        if isinstance(function, FunctionValue) and not function.function.is_async:
            return self._of_return(function.scope, depth)
        name = function.name if isinstance(function, Library) else ""
        if name in vocabulary.URL_MAKERS:
            driver = argument(call, "drivername", 0)
            return Address(f"{driver.value}://", True, False) if isinstance(driver, Constant) else None
        if name in ("os.getenv", "os.environ.get", "decouple.config"):
            default = argument(call, "default", 1)
            return _uncertain(self.address(default, scope, depth + 1)) if default is not None else None
        if name in ("pydantic.Field", "pydantic.fields.Field"):
            default = argument(call, "default", 0)
            return _uncertain(self.address(default, scope, depth + 1)) if default is not None else None
        if name in ("sqlalchemy.make_url", "sqlalchemy.engine.make_url", "sqlalchemy.engine.url.make_url", "str"):
            first = argument(call, "name_or_url", 0)
            return self.address(first, scope, depth + 1) if first is not None else None
        return None


def _is_memory(address: Address) -> bool:
    return address.is_whole and _MEMORY.match(address.text) is not None and _SHARED.search(address.text) is None


def _uncertain(address: Address | None) -> Address | None:
    return None if address is None else address._replace(is_certain=False)


def _written(parts: Iterable[Expression]) -> str:
    """What is written out of the parts of a text."""
    return "".join(str(one.value) for one in parts if isinstance(one, Constant) and one.kind == "text")


_ENGINES = frozenset({EngineValue})
