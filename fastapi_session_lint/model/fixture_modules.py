"""Which modules may hold fixtures of pytest, by what they import alone: also asked where nothing else is looked at."""

from __future__ import annotations

import posixpath

from fastapi_session_lint import vocabulary
from fastapi_session_lint.model.syntax import Imported, Module

CONFTEST = "conftest.py"


def may_hold_fixtures(module: Module) -> bool:
    """Whether a def of a module that is not lowered might be a fixture."""
    if posixpath.basename(module.path) == CONFTEST:
        return True  # it may have the decorator by any way
    bound = (one for definitions in module.bindings.values() for one in definitions)
    imported = (one.module for one in (*bound, *module.star_imports) if isinstance(one, Imported))
    return any(name.partition(".")[0] in vocabulary.TEST_LIBRARIES for name in imported)
