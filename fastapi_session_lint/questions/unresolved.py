"""What keeps rules silent: imports that lead nowhere, and sessions that might be ones but are not known to be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_session_lint import vocabulary
from fastapi_session_lint.inventory import Known
from fastapi_session_lint.model.expressions import NOWHERE, Attribute, Call, Expression, dotted
from fastapi_session_lint.model.syntax import Imported, Parameter, Skipped
from fastapi_session_lint.project.framework import calls_of
from fastapi_session_lint.project.values import Library, MarkerValue, Scope, Value

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context

_ENDS_TRANSACTIONS = frozenset({"commit", "rollback", "flush"})


def unresolved(context: Context, scope: Scope) -> Iterator[Known]:
    """What keeps rules silent: imports that lead nowhere, targets of Depends and commits on unknown things."""
    if scope.owner is None:
        yield from _lost_imports(context, scope)
    for call in calls_of(scope):
        marker = context.value(call, scope)
        if isinstance(marker, MarkerValue) and marker.target is not None:
            yield from _unknown(context, marker.scope, marker.target, "injected")
        match call.function:
            case Attribute(subject, method) if method in _ENDS_TRANSACTIONS:
                yield from _unknown(context, scope, subject, f"{method}() is called on it", call.place)


def _unknown(
    context: Context, scope: Scope, expression: Expression, what: str, place: int = NOWHERE
) -> Iterator[Known]:
    """An expression of which nothing is known, with the reason; not what is known to touch no session."""
    if not _is_unknown(context.value(expression, scope)):
        return
    name = name_or_call(expression)
    why = _why(context, name.partition(".")[0].partition("(")[0], scope)
    if why:
        row = context.span(scope, place).row if place != NOWHERE else None
        yield Known(scope.module.path, row, name, what, why)


def _is_unknown(value: Value | None) -> bool:
    """Whether nothing is known: something of a package that is neither the project's nor a known library's, too."""
    if isinstance(value, Library):
        return "." in value.name and value.name.partition(".")[0] not in vocabulary.EXTERNAL_TOPS
    return value is None


def _why(context: Context, name: str, scope: Scope) -> str:
    """Why nothing is known of a name; empty where it is known to touch no session."""
    found = context.names.lookup(name, scope)
    if found is None:
        return "defined nowhere in sight"
    match found[0][-1]:
        case Skipped():
            return ""
        case Imported() as imported:
            return _why_imported(context, name, imported, found[1])
        case Parameter(_, None, _, _):
            return "a parameter without an annotation"
        case Parameter():
            return "a parameter of a type that is not known"
    return "of a value that is not known"


def _why_imported(context: Context, name: str, imported: Imported, home: Scope) -> str:
    path = context.names.imports.resolve(home.module.path, imported.module, imported.level)
    if path is None:
        return f"imported from {'.' * imported.level}{imported.module}, which is not in the project"
    found = context.names.resolve(name, home)
    return "of a value that is not known" if found and not isinstance(found[0][-1], Skipped) else ""


def _lost_imports(context: Context, scope: Scope) -> Iterator[Known]:
    """Imports from the project itself whose module or name is not there."""
    path = scope.module.path
    for name, definitions in scope.module.bindings.items():
        for one in definitions:
            if isinstance(one, Imported) and (why := _lost(context, one, path)):
                yield Known(path, None, name, f"imported from {'.' * one.level}{one.module}", why)


def _lost(context: Context, imported: Imported, path: str) -> str:
    imports = context.names.imports
    target = imports.resolve(path, imported.module, imported.level)
    if target is None:
        top = imported.module.partition(".")[0]
        is_ours = imported.level or (top != imported.module and imports.resolve(path, top, 0))
        return "no such module in the project" if is_ours else ""
    if imported.name is None or target not in context.names.modules:
        return ""
    if context.names.member(target, imported.name) or imports.submodule(target, imported.name):
        return ""
    if context.names.modules[target].module.star_imports:
        return ""  # it may come from any of them; those that concern no session are not read
    return "the module does not define it"


def name_or_call(expression: Expression | None) -> str:
    """An expression as a short name: a call without its arguments."""
    match expression:
        case None:
            return ""
        case Call(function, _, _):
            return f"{dotted(function) or '…'}(…)"
    return dotted(expression) or "an expression"
