"""Scaffold a new rule: its file with every heading, one bad and one good fixture, and a changelog line.

    python scripts/new_rule.py FSL999 bad-thing

The name says the bad thing, in kebab-case. The rule finds nothing and its bad fixture fails until `check` is written.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]
_CODE = re.compile(r"FSL\d{3}\Z")
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\Z")
_CHANGELOG_RULE = re.compile(r"- \*\*(FSL\d{3})\*\*")

_RULE = '''\
"""TODO: one sentence, what the code does that goes wrong.

## What it does

TODO: what is reported and where the finding stands; then what is left alone and why.

## Why is this bad?

TODO: what happens at run time, with the text of the exception or log line.

## Example

```python
TODO = "a small complete module, reported by this rule and no other"
```

## Use instead

```python
TODO = "the same module put right, reported by no rule"
```

## Fix safety

There is no fix.

## When to switch it off

TODO: the situation in which this is no defect.

## References

- TODO: the page of SQLAlchemy, SQLModel or FastAPI that says so
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_session_lint.findings import Finding, Severity
from fastapi_session_lint.rules.base import Rule

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context


def check(rule: Rule, context: Context) -> Iterator[Finding]:  # noqa: ARG001
    """The findings of @CODE@; TODO: name the rule that owns the case next to this one."""
    yield from ()


RULE = Rule(
    code="@CODE@",
    name="@NAME@",
    summary="TODO: one line, what happens at run time.",
    severity=Severity.WARNING,
    documentation=__doc__ or "",
    check=check,
    since="@SINCE@",
)
'''
_BAD = '''\
"""TODO: the smallest module that has the defect; rename the file after its cause."""

TODO = None  # expect: @CODE@
'''
_GOOD = '''\
"""TODO: a module that looks alike and is right; rename the file after the reason."""

TODO = None
'''


class Refused(Exception):
    """The rule cannot be scaffolded; the message says why in one line."""


def scaffold(root: Path, code: str, name: str) -> list[Path]:
    """Write the files of a new rule into the checkout at `root`; gives their paths. Raises Refused, nothing written."""
    rules = root / "fastapi_session_lint" / "rules"
    fixtures = root / "tests" / "fixtures" / code
    changelog = root / "CHANGELOG.md"
    _refuse_bad_names(code, name, rules)
    history, version = _with_line(changelog.read_text(encoding="utf-8"), code, name)
    snake = name.replace("-", "_")
    texts = {
        rules / f"{code.lower()}_{snake}.py": _RULE,
        fixtures / f"bad_{snake}.py": _BAD,
        fixtures / f"good_{snake}.py": _GOOD,
    }
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        filled = text.replace("@CODE@", code).replace("@NAME@", name).replace("@SINCE@", version)
        path.write_text(filled, encoding="utf-8")
    changelog.write_text(history, encoding="utf-8")
    return [*texts, changelog]


def _refuse_bad_names(code: str, name: str, rules: Path) -> None:
    if not _CODE.match(code):
        raise Refused(f"{code} is no code: FSL and three digits")
    if not _NAME.match(name):
        raise Refused(f"{name} is not kebab-case")
    if name.startswith("no-"):
        raise Refused(f"{name}: a rule is named after the bad thing, without `no-`")
    for path in sorted(rules.glob("fsl[0-9][0-9][0-9]_*.py")):
        taken_code, _, taken_name = path.stem.partition("_")
        if taken_code == code.lower() or taken_name == name.replace("-", "_"):
            raise Refused(f"{path.name} is there already")


def _with_line(history: str, code: str, name: str) -> tuple[str, str]:
    """The changelog with a line for the rule in its newest section, by code, and that section's version."""
    lines = history.splitlines(keepends=True)
    heads = [index for index, line in enumerate(lines) if line.startswith("## ")]
    if not heads:
        raise Refused("CHANGELOG.md has no section")
    version = lines[heads[0]].split()[1].strip("[]")
    end = heads[1] if len(heads) > 1 else len(lines)
    rules = [index for index in range(heads[0], end) if _CHANGELOG_RULE.match(lines[index])]
    if not rules:
        raise Refused(f"the section {version} of CHANGELOG.md lists no rules")
    after = [index for index in rules if lines[index][4:10] < code]
    place = after[-1] + 1 if after else rules[0]
    return "".join([*lines[:place], f"- **{code}** {name}\n", *lines[place:]]), version


def main() -> int:
    """Scaffold the rule that the arguments name, and say what to do next."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("code", help="as FSL999; its first digit is the family")
    parser.add_argument("name", help="as bad-thing")
    arguments = parser.parse_args()
    try:
        written = scaffold(_ROOT, arguments.code, arguments.name)
    except Refused as error:
        print(error, file=sys.stderr)
        return 2
    print(*[path.relative_to(_ROOT).as_posix() for path in written], sep="\n")
    print(f"Next: fill in every TODO, then `pytest -k {arguments.code}`.")
    print("At the end: python -m fastapi_session_lint.rule_pages docs/rules.md")
    return 0


if __name__ == "__main__":
    sys.exit(main())
