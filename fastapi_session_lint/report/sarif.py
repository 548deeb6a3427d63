"""SARIF 2.1.0, with what GitHub's code scanning shows of it and within its limits.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/sarif-v2.1.0-errata01-os-complete.html and
https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from fastapi_session_lint import __version__
from fastapi_session_lint.findings import DOCUMENTATION, INTERNAL_ERROR, Applicability, Finding, Fix, Severity, Span
from fastapi_session_lint.readings import SYNTAX_ERROR
from fastapi_session_lint.report.base import Report
from fastapi_session_lint.rule_pages import FAMILIES, render_rule
from fastapi_session_lint.rules import all_rules
from fastapi_session_lint.rules.base import Rule

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
MOST_RESULTS = 25_000
"""GitHub refuses a file with more results in a run."""
MOST_STEPS = 100
"""GitHub shows no more locations of one result."""
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_ROOT = "%SRCROOT%"
_HOME = "https://github.com/fastapi-session-lint/fastapi-session-lint"


def render(report: Report) -> Iterator[str]:
    """The log with its one run, indented, with a line end."""
    yield json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [_run(report)]}, indent=2) + "\n"


def _run(report: Report) -> dict[str, Any]:
    rules = all_rules()
    foreign = {one.code: one.name for one in report.findings if not one.url}  # of a plugin: no more is known here
    indexes = {code: index for index, code in enumerate([*(rule.code for rule in rules), *foreign])}
    kept = _worst(list(zip(report.findings, report.fingerprints(), strict=True)))
    driver = {
        "name": "fastapi-session-lint",
        "version": __version__,
        "semanticVersion": __version__,
        "informationUri": _HOME,
        "rules": [*map(_rule, rules), *({"id": code, "name": _name(name)} for code, name in foreign.items())],
    }
    return {
        "tool": {"driver": driver},
        "invocations": [_invocation(report, dropped=len(report.findings) - len(kept))],
        "originalUriBaseIds": {_ROOT: {"description": {"text": "The top of the repository."}}},
        "columnKind": "unicodeCodePoints",
        "results": [_result(report, finding, known, indexes) for finding, known in kept],
    }


def _worst(known: Sequence[tuple[Finding, str]]) -> Sequence[tuple[Finding, str]]:
    """As many as are allowed, the mildest left out first; in their order."""
    if len(known) <= MOST_RESULTS:
        return known
    by_severity = sorted(range(len(known)), key=lambda index: -known[index][0].severity.rank)
    return [known[index] for index in sorted(by_severity[:MOST_RESULTS])]


def _rule(rule: Rule) -> dict[str, Any]:
    page = render_rule(rule)
    return {
        "id": rule.code,
        "name": _name(rule.name),
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": _first_paragraph(rule.documentation)[:1000]},
        "help": {"text": page, "markdown": page},
        "helpUri": f"{DOCUMENTATION}#{rule.code.lower()}-{rule.name}",
        "defaultConfiguration": {"level": _LEVELS[rule.severity], "enabled": rule.default},
        "properties": {
            "tags": ["sqlalchemy", "fastapi", FAMILIES[rule.code[3]].lower()],
            "problem.severity": _problem(rule.severity),
            "precision": "high",
        },
    }


def _name(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("-"))


def _first_paragraph(documentation: str) -> str:
    """What comes after the heading *What it does*, in one line."""
    text = documentation.partition("## What it does")[2] or documentation
    return " ".join(text.strip().partition("\n\n")[0].split())


def _problem(severity: Severity) -> str:
    return "recommendation" if severity is Severity.INFO else severity.value


def _invocation(report: Report, *, dropped: int) -> dict[str, Any]:
    """How the run went: files that could not be read and crashes of ours are told here too."""
    notes = [
        {"level": "error", "message": {"text": one.message}, "locations": [_location(report, one.path, one.span)]}
        for one in report.findings
        if one.code in (SYNTAX_ERROR, INTERNAL_ERROR)
    ]
    if dropped:
        text = f"{dropped} findings are left out: no more than {MOST_RESULTS} are accepted"
        notes.append({"level": "warning", "message": {"text": text}})
    successful = not any(one.code == INTERNAL_ERROR for one in report.findings)
    return {"executionSuccessful": successful, "toolExecutionNotifications": notes}


def _result(report: Report, finding: Finding, fingerprint: str, indexes: Mapping[str, int]) -> dict[str, Any]:
    here = _location(report, finding.path, finding.span)
    result = {
        "ruleId": finding.code,
        "ruleIndex": indexes[finding.code],
        "level": _LEVELS[finding.severity],
        "message": {"text": finding.message},
        "locations": [here],
        "partialFingerprints": {"fslFingerprint/v1": fingerprint},
    }
    steps = [_step(report, note.path, note.span, note.message) for note in finding.trail][: MOST_STEPS - 1]
    if steps:
        flow = [_step(report, finding.path, finding.span, finding.message), *steps]
        result["relatedLocations"] = [{"id": number, **step} for number, step in enumerate(steps, 1)]
        result["codeFlows"] = [{"threadFlows": [{"locations": [{"location": step} for step in flow]}]}]
    if finding.fix is not None and finding.fix.applicability is not Applicability.DISPLAY:
        result["fixes"] = [_fix(report, finding.path, finding.fix)]
    return result


def _step(report: Report, path: str, span: Span, message: str) -> dict[str, Any]:
    return {**_location(report, path, span), "message": {"text": message}}


def _fix(report: Report, path: str, fix: Fix) -> dict[str, Any]:
    replacements = [
        {"deletedRegion": _region(edit.span), "insertedContent": {"text": edit.content}} for edit in fix.edits
    ]
    return {
        "description": {"text": fix.title},
        "artifactChanges": [{"artifactLocation": _artifact(report, path), "replacements": replacements}],
        "properties": {"applicability": fix.applicability.value},
    }


def _location(report: Report, path: str, span: Span) -> dict[str, Any]:
    return {"physicalLocation": {"artifactLocation": _artifact(report, path), "region": _region(span)}}


def _artifact(report: Report, path: str) -> dict[str, str]:
    """A relative URI, or that of a file outside of the repository."""
    located = report.located(path)
    if located.startswith("/"):
        return {"uri": "file://" + quote(located, errors="surrogateescape")}
    return {"uri": quote(located, errors="surrogateescape"), "uriBaseId": _ROOT}


def _region(span: Span) -> dict[str, int]:
    return {
        "startLine": span.row,
        "startColumn": span.column + 1,
        "endLine": span.end_row,
        "endColumn": span.end_column + 1,
    }
