"""What a rule is: a value with a pure check, documented by the docstring of its own file."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastapi_session_lint.findings import Applicability, Finding, Note, Repair, Severity, Span

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context

HEADINGS = (
    "What it does",
    "Why is this bad?",
    "Example",
    "Use instead",
    "Fix safety",
    "When to switch it off",
    "References",
)
OWN = "FSL"
"""The prefix of our own codes: rules of others have another one."""
_CODE = re.compile(r"[A-Z]{2,10}\d{3}\Z")
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\Z")


class InvalidRule(Exception):
    """A rule breaks the form that all rules keep; the message says which and how."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule. `documentation` is the docstring of its file, with the fixed HEADINGS as `## …` lines.

    `fix` is the most trusting applicability that its fixes can have, None when it has none. `since` is the first
    version of this package that had it. One in `preview` runs only where the settings allow that. `severity` is the
    usual one; a finding may be milder. `hides` are the codes of rules that are silent as long as a finding of this one
    stands, since one defect is one finding: they may come to light when it has been fixed.
    """

    code: str
    name: str
    summary: str
    severity: Severity
    documentation: str
    check: Callable[[Rule, Context], Iterator[Finding]]
    default: bool = True
    preview: bool = False
    fix: Applicability | None = None
    since: str = "0.1.0"
    hides: frozenset[str] = frozenset()

    def finding(
        self,
        path: str,
        span: Span,
        message: str,
        *,
        severity: Severity | None = None,
        trail: tuple[Note, ...] = (),
        repair: Repair | None = None,
    ) -> Finding:
        """A finding of this rule."""
        return Finding(self.code, self.name, severity or self.severity, message, path, span, trail, repair)


def validate(rule: Rule) -> None:
    """Hold a rule to its form: code, kebab-case name, one summary line, the fixed headings in their order.

    Raises InvalidRule.
    """
    if not _CODE.match(rule.code) or not rule.code.startswith(OWN):
        raise InvalidRule(f"{rule.code!r} is no code: FSL and three digits")
    _validate_name(rule)
    headings = tuple(line[3:].strip() for line in rule.documentation.splitlines() if line.startswith("## "))
    if headings != HEADINGS:
        raise InvalidRule(f"{rule.code}: its docstring has the headings {headings}, not {HEADINGS}")


def validate_foreign(rule: Rule) -> None:
    """Hold a rule of others to what they have to keep: a code of their own, a kebab-case name, some documentation.

    Raises InvalidRule.
    """
    if not _CODE.match(rule.code) or rule.code.startswith(OWN):
        raise InvalidRule(f"{rule.code!r} is no code: two to ten letters that do not begin with FSL, and three digits")
    _validate_name(rule)
    if not rule.documentation.strip() or not rule.summary.strip():
        raise InvalidRule(f"{rule.code}: it has no documentation, or no summary")


def _validate_name(rule: Rule) -> None:
    if not _NAME.match(rule.name):
        raise InvalidRule(f"{rule.code}: the name {rule.name!r} is not kebab-case")
