"""Spans, findings and fixes: the values that every part hands on and none changes.

Rows are 1-based. Columns are 0-based and count code points; an end column is exclusive. Formats that count
otherwise (JSON and SARIF count columns from 1) convert when they write.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import NamedTuple

INTERNAL_ERROR = "FSL903"
"""The code of what went wrong in the linter itself."""
DOCUMENTATION = "https://fastapi-session-lint.readthedocs.io/rules/"


class Severity(enum.StrEnum):
    """How bad a finding is: it breaks; it breaks under load, failure or concurrency; it is worth knowing."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 for info, 1 for warning, 2 for error."""
        return (Severity.INFO, Severity.WARNING, Severity.ERROR).index(self)


class Heeded(enum.Enum):
    """Which comments suppress findings: all, our own alone (flake8 sees to `# noqa` by itself), or none."""

    ALL = "all"
    OWN = "own"
    NONE = "none"


class Applicability(enum.StrEnum):
    """How far a fix may be trusted: only the bug changes; likely meant; shown, never applied."""

    SAFE = "safe"
    UNSAFE = "unsafe"
    DISPLAY = "display"


class Span(NamedTuple):
    """A stretch of one file, from (row, column) up to but not including (end_row, end_column)."""

    row: int
    column: int
    end_row: int
    end_column: int

    @property
    def end(self) -> tuple[int, int]:
        """Where it ends."""
        return self.end_row, self.end_column


@dataclass(frozen=True, slots=True)
class Note:
    """One step of a trail: what happens at a place, which may lie in another file than the finding."""

    path: str
    span: Span
    message: str


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace what lies in `span` by `content`; an empty span inserts, an empty content deletes."""

    span: Span
    content: str


@dataclass(frozen=True, slots=True)
class Fix:
    """Edits of one file that belong together; applied whole or not at all."""

    title: str
    applicability: Applicability
    edits: tuple[Edit, ...]


class RepairKind(enum.Enum):
    """What a rule asks the fixes for; `fixes.plan` decides whether the source allows it, and how safe it is."""

    CLOSE_SESSION = "close-session"
    """Close what the call at `span` creates on every path: try/finally (safe) or with (unsafe)."""
    CLOSE_AFTER_YIELD = "close-after-yield"
    """Put the close of what the `yield` at `span` gives into a finally (a missing close is added)."""
    YIELD_INSTEAD_OF_RETURN = "yield-instead-of-return"
    """Turn the dependency whose `return` stands at `span` into one that yields inside `with`."""
    ENTER_GENERATOR = "enter-generator"
    """`db = next(get_db())` at `span`: the rest of the block inside `with contextmanager(get_db)() as db:`."""
    ADD_ROLLBACK = "add-rollback"
    """`rollback()` first thing in the except handler at `span`."""
    ADD_ROLLBACK_IF_FAILED = "add-rollback-if-failed"
    """`if not db.is_active: db.rollback()` first thing in the except handler at `span`."""
    ADD_SAVEPOINT = "add-savepoint"
    """What the try of the handler at `span` tries, inside `with db.begin_nested():`."""
    ADD_RAISE = "add-raise"
    """`raise` last thing in the except handler at `span`."""
    GUARD_COMMIT = "guard-commit"
    """Wrap the commit at `span` in try/except: rollback, raise."""
    DROP_COMMIT = "drop-commit"
    """The commit at `span`, inside a `begin()` block: dropped as its last statement, else turned into a flush."""
    ADD_FUNCTION_SCOPE = "add-function-scope"
    """`scope="function"` into the `Depends` call at `span`."""
    ADD_AWAIT = "add-await"
    """`await` before the call at `span`, in parentheses where something hangs on it."""
    DROP_AWAIT = "drop-await"
    """Drop the `await` of the await expression at `span`."""
    SWAP_WITH = "swap-with"
    """`async with` in place of `with` at `span` where `is_async` says so, else the other way round."""
    DROP_CALL = "drop-call"
    """`Depends(get_db())`: the parentheses of the call at `span` dropped."""
    DROP_DECORATOR = "drop-decorator"
    """The decorator that makes a context manager of the generator function whose def stands at `span`."""
    USE_ASYNC_MAKER = "use-async-maker"
    """`async_sessionmaker` in place of `sessionmaker` in the call at `span`; `subject` is an argument to drop."""
    KEEP_AFTER_COMMIT = "keep-after-commit"
    """`expire_on_commit=False` into the arguments of the call at `span`."""
    ADD_CONNECT_ARG = "add-connect-arg"
    """`check_same_thread: False` into the connect_args of the create_engine call at `span`."""
    MOVE_OUT_OF_TRY = "move-out-of-try"
    """The assignment of the call at `span`, the first statement of a try, moved to before the try."""
    SPLIT_IMPORT = "split-import"
    """The names that SQLAlchemy has moved, imported at `span`, from their new module."""
    WRAP_IN_TEXT = "wrap-in-text"
    """The statement that the call at `span` is given as a string, inside `text(…)`."""
    OPEN_CONNECTION = "open-connection"
    """The call of an engine at `span` on a connection of its own; `subject` is "text" where it is given a string."""
    REMOVE_SUPPRESSION = "remove-suppression"
    """The codes in `subject` out of the comment at `span`, and the comment itself where none is left."""


@dataclass(frozen=True, slots=True)
class Repair:
    """A rule's request for a fix, before anyone has looked at the source text.

    `span` is the node named in RepairKind. `subject` is the session's expression as text (`db`, `self.db`) where the
    kind needs one. `is_async` says that the session's close, commit and rollback are coroutines. `limit` is the most
    trusting applicability that the rule allows; the fix itself may only be more careful. `own_imports` are imported
    names that no other module takes from this one, so that their imports may go with their last uses.
    """

    kind: RepairKind
    span: Span
    subject: str = ""
    is_async: bool = False
    limit: Applicability = Applicability.SAFE
    own_imports: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule reports. `path` is the path of the source as it was given to the engine.

    `site` is the dotted function around it and the bare text of its statement, where they have been looked for: see
    fingerprints.sited.
    """

    code: str
    name: str
    severity: Severity
    message: str
    path: str
    span: Span
    trail: tuple[Note, ...] = ()
    repair: Repair | None = None
    fix: Fix | None = None
    site: tuple[str, str] | None = field(default=None, compare=False, repr=False)

    @property
    def url(self) -> str:
        """Where the rule's page is, with its anchor; empty for a rule of others."""
        if not self.code.startswith("FSL"):
            return ""
        return f"{DOCUMENTATION}#{self.code.lower()}-{self.name}"

    @property
    def order(self) -> tuple[str, int, int, str, str]:
        """The key by which findings are always sorted: file, row, column, code, and the message at last."""
        return (self.path, self.span.row, self.span.column, self.code, self.message)
