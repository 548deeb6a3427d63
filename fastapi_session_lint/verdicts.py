"""What settings say of a finding besides whether it is wanted: its severity, and how far its fix may be trusted."""

from __future__ import annotations

from dataclasses import replace

from fastapi_session_lint.findings import INTERNAL_ERROR, Applicability, Finding, Severity
from fastapi_session_lint.selection import rank
from fastapi_session_lint.settings import Settings


def weighed(finding: Finding, settings: Settings) -> Finding:
    """The finding with the severity that the settings give its code; what is our own fault stays an error."""
    if not settings.severity or finding.code == INTERNAL_ERROR:
        return finding
    ranks = [(rank(finding.code, (selector,)), word) for selector, word in settings.severity]
    longest = max(length for length, _ in ranks)
    words = [word for length, word in ranks if length == longest >= 0]
    return replace(finding, severity=Severity(words[-1])) if words else finding


def is_fixable(code: str, settings: Settings) -> bool:
    """Whether fixes for a code are offered."""
    return rank(code, settings.fixable) > rank(code, settings.unfixable)


def trusted(finding: Finding, settings: Settings) -> Finding:
    """The finding with its fix as safe or unsafe as the settings say."""
    fix = finding.fix
    if fix is None or fix.applicability is Applicability.DISPLAY:
        return finding
    safe, unsafe = rank(finding.code, settings.extend_safe_fixes), rank(finding.code, settings.extend_unsafe_fixes)
    if safe == unsafe == -1:
        return finding
    applicability = Applicability.SAFE if safe > unsafe else Applicability.UNSAFE
    return replace(finding, fix=replace(fix, applicability=applicability))
