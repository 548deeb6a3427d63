"""Passwords that stand in database URLs of the source."""

from __future__ import annotations

import functools
import re
from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from fastapi_session_lint import vocabulary
from fastapi_session_lint.model.expressions import (
    NOWHERE,
    Attribute,
    Call,
    Choice,
    Constant,
    Expression,
    Logic,
    Name,
    Subscript,
    Template,
    dotted,
)
from fastapi_session_lint.model.syntax import Assigned, Parameter
from fastapi_session_lint.project.framework import calls_of
from fastapi_session_lint.project.libraries import argument
from fastapi_session_lint.project.values import Library, Scope

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context

_SAYS_URL = re.compile(r"ur[il]|dsn", re.IGNORECASE)
_LOGIN = re.compile(
    r"(?P<dialect>[a-z]\w*)(?:\+\w+)?://(?P<user>[^:/@\s]*):(?P<password>[^@/\s]+)@(?P<host>[^:/\s]*)(?::\d+)?"
    r"(?:/(?P<database>[^?\s]*))?",
    re.IGNORECASE,
)
_PLACEHOLDER = re.compile(
    r".*[<{\[].*[>}\]].*|\$\{?\w+\}?|%(?:\(\w+\))?s|x{2,}|\*+|\.{2,}"
    r"|.*(?:change|replace|update)[-_]?(?:me|this|it|in).*|your[-_]?.*|.*(?:placeholder|redacted).*"
    r"|(?-i:[A-Z_]*(?:PASS|PWD|PW|SECRET)[A-Z_]*)",
    re.IGNORECASE,
)
_SPELT_OUT = {
    "user": re.compile(r"(?:db_?)?user(?:_?name)?", re.IGNORECASE),
    "password": re.compile(r"(?:db_?)?pass(?:word|wd)?|pwd", re.IGNORECASE),
    "host": re.compile(r"(?:db_?)?host(?:_?name)?", re.IGNORECASE),
    "database": re.compile(r"(?:db|database)(?:_?name)?|your[-_]?.*", re.IGNORECASE),
}
"""What a part of a URL is called, where it stands for itself: `user:password@host/dbname`."""
_HANDED_ON = frozenset({None, "default", "url", "name_or_url"})
"""The arguments of a call that are, or may become, what it gives."""
_Given = tuple[str, Expression, Scope]
"""What a URL is given to, the URL, and where it stands."""
_MAKERS = vocabulary.ENGINE_MAKERS | vocabulary.ASYNC_ENGINE_MAKERS
_NAMES = 4
"""How many names are followed from an engine to its URL."""


class Credential(NamedTuple):
    """A password in a URL: what the URL is given to, for which user (empty where that is no literal), and where."""

    name: str
    user: str
    place: int
    scope: Scope


class Credentials:
    """The questions about passwords."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def hardcoded(self) -> Iterator[Credential]:
        """The URLs with a password that are given to an engine, or to what says that it is a URL; each once."""
        for module in self._context.modules():
            yield from self._by_module.get(module.module.path, ())

    @functools.cached_property
    def _by_module(self) -> dict[str, list[Credential]]:
        """The credentials of the project by the files that they stand in: engines may be made elsewhere."""
        found: dict[str, list[Credential]] = defaultdict(list)
        seen: set[tuple[str, int]] = set()
        names = self._context.names
        for scope in (*names.modules.values(), *names.classes, *names.functions):
            if self._context.is_test(scope):
                continue
            for one in self._given(scope):
                key = one.scope.module.path, one.place
                if key not in seen and not self._context.is_test(one.scope):
                    seen.add(key)
                    found[one.scope.module.path].append(one)
        return found

    def _given(self, scope: Scope) -> Iterator[Credential]:
        """The credentials that a scope gives to something."""
        for name, value, home in (*self._named(scope), *self._connected(scope)):
            for literal in _literals(value):
                user = _login(literal)
                if user is not None:
                    yield Credential(name, user, literal.place, home)

    def _named(self, scope: Scope) -> Iterator[_Given]:
        """What is given to a name, an attribute, a key or a setting that says URL, URI or DSN."""
        for name, definitions in self._context.names.bindings(scope).items():
            for one in definitions if _SAYS_URL.search(name) else ():
                match one:
                    case Assigned(value, _, "=", None, _):
                        yield name, value, scope
                    case Parameter(_, _, default, _, _) if default is not None:
                        yield name, default, scope
        stores = scope.module.stores if scope.owner is None else getattr(scope.owner, "stores", ())
        for store in stores:
            name = _target(store.target)
            if _SAYS_URL.search(name):
                yield name, store.value, scope
        for call in calls_of(scope):
            match call.arguments:
                case (first, second, *_) if not first.name and second.name in _HANDED_ON:
                    key = _text(first.value)
                    if _SAYS_URL.search(key) and "://" not in key:
                        yield key, second.value, scope

    def _connected(self, scope: Scope) -> Iterator[_Given]:
        """What engines are made for."""
        for call in calls_of(scope) if self._context.contents.calls_any(_MAKERS, scope) else ():
            function = self._context.value(call.function, scope)
            if isinstance(function, Library) and function.name in _MAKERS:
                url = argument(call, "url", 0)
                if url is not None:
                    yield from self._followed(url, scope, dotted(call.function) or "", _NAMES)

    def _followed(self, url: Expression, scope: Scope, name: str, names: int) -> Iterator[_Given]:
        yield name, url, scope
        if isinstance(url, Name) and names:
            definitions, home = self._context.names.resolve(url.id, scope) or ((), scope)
            for one in definitions:
                if isinstance(one, Assigned) and one.via == "=" and one.position is None:
                    yield from self._followed(one.value, home, url.id, names - 1)


def _target(target: Attribute | Subscript) -> str:
    return target.name if isinstance(target, Attribute) else _text(target.key)


def _text(expression: Expression) -> str:
    return str(expression.value) if isinstance(expression, Constant) and expression.kind == "text" else ""


def _literals(expression: Expression) -> Iterator[Constant | Template]:
    """The URLs that an expression may give: itself, those of its branches, and those that its calls hand on."""
    match expression:
        case Constant() | Template():
            if expression.place != NOWHERE:
                yield expression
        case Logic(_, left, right) | Choice(_, left, right):
            yield from _literals(left)
            yield from _literals(right)
        case Call(function, arguments, _):
            if isinstance(function, Attribute):
                yield from _literals(function.value)  # "…".format(…)
            for one in arguments:
                if one.name in _HANDED_ON and not one.star:
                    yield from _literals(one.value)


def _login(literal: Constant | Template) -> str | None:
    """The user whose password a URL has, None where it has none, or one that anybody sees is to be filled in."""
    parts = literal.parts if isinstance(literal, Template) else (literal,)
    found = _LOGIN.match("".join(str(one.value) if isinstance(one, Constant) else "{}" for one in parts))
    if found is None or found["dialect"].lower() not in vocabulary.DATABASE_DIALECTS:
        return None
    if _PLACEHOLDER.fullmatch(found["password"]) or _is_pattern(found):
        return None
    return "" if _PLACEHOLDER.fullmatch(found["user"]) else found["user"]


def _is_pattern(login: re.Match[str]) -> bool:
    """Whether user, password and host or database are called what they are: nobody has such a database."""
    named = {part for part, name in _SPELT_OUT.items() if name.fullmatch(login[part] or "")}
    return named >= {"user", "password"} and not named.isdisjoint({"host", "database"})
