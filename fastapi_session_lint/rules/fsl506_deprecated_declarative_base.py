"""A name is imported from `sqlalchemy.ext.declarative`, which SQLAlchemy 2 only keeps for old code.

## What it does

Reports `from sqlalchemy.ext.declarative import …` of `declarative_base`, `as_declarative`, `has_inherited_table` and
`synonym_for`, where the project runs on SQLAlchemy 1.4 or later. The finding stands at the import.

Not reported: the same name imported from `sqlalchemy.orm` as well, and imports in a `try` that catches ImportError,
which are there for an old release; `DeclarativeMeta` and `declared_attr` alone, of which SQLAlchemy does not warn;
`ConcreteBase`, `AbstractConcreteBase` and `DeferredReflection`, which have not moved.

## Why is this bad?

It works, and from SQLAlchemy 2 on each use of the name warns:

    MovedIn20Warning: The ``declarative_base()`` function is now available as sqlalchemy.orm.declarative_base().
    (deprecated since: 2.0)

Where warnings are errors, as in many test suites, the models can no longer be imported.

## Example

```python
from sqlalchemy.ext.declarative import declarative_base

Base = declarative_base()
```

## Use instead

```python
from sqlalchemy.orm import declarative_base

Base = declarative_base()
```

## Fix safety

The fix is safe: both modules give the same thing. The import is split by name, and what has not moved stays. New code
derives from `DeclarativeBase` instead, which type checkers understand.

## When to switch it off

When the code must also run on SQLAlchemy 1.3; `sqlalchemy-version = "1.3"` says so as well.

## References

- [SQLAlchemy: what is new in 2.0, declarative](https://docs.sqlalchemy.org/en/20/changelog/migration_20.html#declarative-becomes-a-first-class-api)
- [SQLAlchemy: declarative_base](https://docs.sqlalchemy.org/en/20/orm/mapping_api.html#sqlalchemy.orm.declarative_base)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_session_lint.findings import Applicability, Finding, Repair, RepairKind, Severity
from fastapi_session_lint.rules.base import Rule
from fastapi_session_lint.vocabulary import NEW_DECLARATIVE_MODULE, OLD_DECLARATIVE_MODULE

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context

_MOVED = "1.4"
"""The SQLAlchemy release from which on `sqlalchemy.orm` has the names."""
_WARNS = "2.0"
"""The release from which on the old ones warn; 1.4 does so only where SQLALCHEMY_WARN_20 is set."""


def check(rule: Rule, context: Context) -> Iterator[Finding]:
    """The findings of FSL506, one for an import."""
    for scope in context.scopes():
        release = context.versions(scope).sqlalchemy
        if release.before(_MOVED):
            continue
        for place, names in context.moved_names.imports(scope):
            span = context.span(scope, place)
            verb = "warns" if len(names) == 1 else "warn"
            when = f"{verb} when used: moved" if release.at_least(_WARNS) else f"{verb} from SQLAlchemy 2 on: moved"
            message = (
                f"{' and '.join(f'`{one}`' for one in names)} of {OLD_DECLARATIVE_MODULE} {when} to "
                f"{NEW_DECLARATIVE_MODULE}"
            )
            yield rule.finding(scope.module.path, span, message, repair=Repair(RepairKind.SPLIT_IMPORT, span))


RULE = Rule(
    code="FSL506",
    name="deprecated-declarative-base",
    summary="A name of sqlalchemy.ext.declarative warns when it is used: it has moved to sqlalchemy.orm.",
    severity=Severity.INFO,
    documentation=__doc__ or "",
    check=check,
    fix=Applicability.SAFE,
)
