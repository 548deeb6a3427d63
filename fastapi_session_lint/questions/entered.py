"""Whether what a call gives is entered at once, by a `with` of its own."""

from __future__ import annotations

from fastapi_session_lint.model.expressions import Call
from fastapi_session_lint.model.syntax import With
from fastapi_session_lint.project.values import Scope


def is_entered(call: Call, scope: Scope) -> bool:
    """Whether a call is what a with statement of a scope enters."""
    blocks = (one for one in scope.statements if isinstance(one, With))
    return any(item.context is call for block in blocks for item in block.items)
