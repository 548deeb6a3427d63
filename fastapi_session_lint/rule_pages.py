"""The rules' documentation as Markdown, made from the rules themselves.

`python -m fastapi_session_lint.rule_pages docs/rules.md` writes the page of all rules; with `--check` it writes nothing
and fails when the file is stale.
"""

from __future__ import annotations

import argparse
import itertools
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from fastapi_session_lint.rules import all_rules
from fastapi_session_lint.rules.base import HEADINGS, Rule

FAMILIES = {
    "1": "Lifecycle",
    "2": "Transactions",
    "3": "Scope and sharing",
    "4": "Async",
    "5": "Engine and factory",
    "6": "Tests",
    "9": "The linter itself",
}
_INTRODUCTION = """\
<!-- Written by `python -m fastapi_session_lint.rule_pages docs/rules.md` from the docstrings of the rules. -->

# Rules

A rule that is *on* is in the default set; the others run when they are selected, with `--extend-select FSL209` or
`--select ALL`. Severities: an *error* breaks, a *warning* breaks under load, failure or concurrency, an *info* is worth
knowing and does not fail a run. The severity below is the usual one; single findings can be milder.

A *safe* fix changes the bug and nothing else; `fsl check --fix` applies it. An *unsafe* one is likely meant, but
may change behaviour or lose a comment: `--fix --unsafe-fixes`. A *display* fix is shown and never applied.

`fsl rule FSL101` prints one of these pages."""


def render_all(rules: Sequence[Rule]) -> str:
    """The page of all rules: introduction, table, and a section per rule under its family's heading."""
    blocks = [_INTRODUCTION, _table(rules)]
    for digit, members in itertools.groupby(rules, key=lambda rule: rule.code[3]):
        blocks.append(f"## {FAMILIES[digit]}")
        blocks += [_page(rule, level=3) for rule in members]
    return "\n\n".join(blocks) + "\n"


def render_rule(rule: Rule) -> str:
    """One rule's page, its title a first-level heading."""
    return _page(rule, level=1) + "\n"


def anchor(rule: Rule) -> str:
    """The anchor that Markdown gives the rule's heading, and that `Finding.url` names."""
    return f"{rule.code.lower()}-{rule.name}"


def _page(rule: Rule, level: int) -> str:
    title = f"{'#' * level} {rule.code} {rule.name}"
    first, *rest = rule.documentation.strip().splitlines()
    return "\n".join([title, "", first, "", _facts(rule), *_deepened(rest, level + 1)])


def _deepened(lines: Iterable[str], level: int) -> Iterator[str]:
    """The lines with the fixed headings at the given level; a comment in an example is no heading."""
    for line in lines:
        is_heading = line.startswith("## ") and line[3:] in HEADINGS
        yield f"{'#' * level} {line[3:]}" if is_heading else line


def _facts(rule: Rule) -> str:
    fix = f"{rule.fix} fix" if rule.fix else "no fix"
    default = f"{'on' if rule.default else 'off'} by default" + (" · in preview" if rule.preview else "")
    return f"*{rule.severity} · {default} · {fix} · since {rule.since}*"


def _table(rules: Iterable[Rule]) -> str:
    head = ["| Code | Name | Default | Severity | Fix | Since |", "| --- | --- | --- | --- | --- | --- |"]
    return "\n".join(head + [_row(rule) for rule in rules])


def _row(rule: Rule) -> str:
    default = "on" if rule.default else "off"
    link = f"[{rule.code}](#{anchor(rule)})"
    return f"| {link} | {rule.name} | {default} | {rule.severity} | {rule.fix or '-'} | {rule.since} |"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write or check the page; the exit code is 1 when it was to be checked and is stale."""
    parser = argparse.ArgumentParser(prog="python -m fastapi_session_lint.rule_pages")
    parser.add_argument("path", type=Path, help="where the page is, docs/rules.md as a rule")
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 when the page is stale")
    options = parser.parse_args(arguments)
    path: Path = options.path
    page = render_all(all_rules()).encode()
    if path.is_file() and path.read_bytes() == page:
        return 0
    if options.check:
        print(f"{path} is stale: run `python -m fastapi_session_lint.rule_pages {path}`", file=sys.stderr)
        return 1
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(page)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
