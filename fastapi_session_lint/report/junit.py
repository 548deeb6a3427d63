"""A test report in the form of JUnit: a suite for each file, a failed case for each finding.

Checked against the schema that Jenkins holds reports to.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape, quoteattr

from fastapi_session_lint.findings import Finding
from fastapi_session_lint.report.base import Report
from fastapi_session_lint.report.display import visible

_NAME = "fsl"


def render(report: Report) -> Iterator[str]:
    """The document; a clean run is one case that passed, since services take an empty report for a broken one."""
    count = len(report.findings)
    yield '<?xml version="1.0" encoding="utf-8"?>\n'
    yield f'<testsuites name="{_NAME}" tests="{max(count, 1)}" failures="{count}" errors="0">\n'
    for _, findings in itertools.groupby(report.findings, key=lambda one: one.path):
        yield from _suite(report, list(findings))
    if not count:
        yield f'  <testsuite name="{_NAME}" tests="1" failures="0" errors="0">\n'
        yield f'    <testcase name="no findings" classname="{_NAME}" time="0"/>\n  </testsuite>\n'
    yield "</testsuites>\n"


def _suite(report: Report, findings: Sequence[Finding]) -> Iterator[str]:
    count, path = len(findings), visible(report.located(findings[0].path))
    yield f'  <testsuite name={quoteattr(path)} tests="{count}" failures="{count}" errors="0">\n'
    module = path.removesuffix(".py").replace("/", ".")
    for finding in findings:
        row, column = finding.span.row, finding.span.column + 1
        name = f"{finding.code} {finding.name} ({row}:{column})"
        message = visible(finding.message)
        where = f"{path}:{row}:{column}"
        yield f'    <testcase name={quoteattr(name)} classname={quoteattr(module)} time="0">\n'
        yield f'      <failure type="{finding.severity}" message={quoteattr(message)}>'
        lines = [f"{where}: {finding.code} {message}", *_trail(report, finding), *filter(None, [finding.url])]
        yield escape("\n".join(filter(None, lines)))
        yield "</failure>\n    </testcase>\n"
    yield "  </testsuite>\n"


def _trail(report: Report, finding: Finding) -> Iterator[str]:
    for note in finding.trail:
        yield f"{visible(report.located(note.path))}:{note.span.row}:{note.span.column + 1}: {visible(note.message)}"
