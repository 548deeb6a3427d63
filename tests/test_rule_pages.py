"""The rules' pages: complete, linted like any other code, and the same as docs/rules.md."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fastapi_session_lint import engine, rule_pages
from fastapi_session_lint.findings import Finding, Severity, Span
from fastapi_session_lint.rules import all_rules
from fastapi_session_lint.rules.base import HEADINGS, InvalidRule, Rule, validate
from fastapi_session_lint.settings import Settings
from fastapi_session_lint.source import Source

ROOT = Path(__file__).parent.parent
RULES_FOLDER = ROOT / "fastapi_session_lint" / "rules"
PAGE = ROOT / "docs" / "rules.md"
WITHOUT_EXAMPLE = {"FSL903"}  # a crash of a rule cannot be shown by code
_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SECTION = re.compile(r"^## (.+)$", re.MULTILINE)
_NO_PLACE = Span(1, 0, 1, 0)

each_rule = pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.code)


def sections(documentation: str) -> dict[str, str]:
    """The texts under the headings of a rule's documentation; the empty key has what stands before the first."""
    first, *rest = _SECTION.split(documentation)
    return {"": first, **dict(zip(rest[::2], rest[1::2], strict=True))}


def lint(code: str) -> list[Finding]:
    return engine.check([Source("/project/app.py", code.encode())], Settings(select=("ALL",)))


def blocks(rule: Rule, heading: str) -> list[str]:
    return _BLOCK.findall(sections(rule.documentation)[heading])


def test_docs_are_fresh() -> None:
    assert rule_pages.render_all(all_rules()) == PAGE.read_text(encoding="utf-8"), (
        "docs/rules.md is stale: run `python -m fastapi_session_lint.rule_pages docs/rules.md`"
    )


@each_rule
def test_file_is_named_after_the_rule(rule: Rule) -> None:
    assert (RULES_FOLDER / f"{rule.code.lower()}_{rule.name.replace('-', '_')}.py").is_file()


@each_rule
def test_no_section_is_empty(rule: Rule) -> None:
    validate(rule)
    texts = sections(rule.documentation)
    assert [heading for heading in ("", *HEADINGS) if not texts[heading].strip()] == []


@each_rule
def test_page_starts_with_one_sentence(rule: Rule) -> None:
    sentence = sections(rule.documentation)[""].strip()
    assert "\n" not in sentence
    assert sentence.endswith(".")
    assert len(re.findall(r"\.(?:\s|$)", sentence)) == 1


@each_rule
def test_summary_is_one_line(rule: Rule) -> None:
    assert "\n" not in rule.summary
    assert rule.summary.endswith(".")


@each_rule
def test_references_are_links(rule: Rule) -> None:
    lines = sections(rule.documentation)["References"].strip().splitlines()
    assert [line for line in lines if not re.fullmatch(r"- \[[^\]]+\]\(https://[^\s()]+\)", line)] == []


@each_rule
def test_fix_safety_says_what_the_rule_offers(rule: Rule) -> None:
    text = sections(rule.documentation)["Fix safety"]
    if rule.fix is None:
        assert text.strip().startswith("There is no fix")
    else:
        assert {"safe": "safe", "unsafe": "unsafe", "display": "displayed"}[rule.fix] in re.findall(r"\w+", text)


def test_which_rules_have_no_example() -> None:
    assert {rule.code for rule in all_rules() if not blocks(rule, "Example")} == WITHOUT_EXAMPLE
    assert {rule.code for rule in all_rules() if not blocks(rule, "Use instead")} == WITHOUT_EXAMPLE


@each_rule
def test_examples_are_reported_once_by_their_rule(rule: Rule) -> None:
    for block in blocks(rule, "Example"):
        assert [finding.code for finding in lint(block)] == [rule.code]


@each_rule
def test_what_to_use_instead_is_clean(rule: Rule) -> None:
    for block in blocks(rule, "Use instead"):
        assert lint(block) == []


@each_rule
def test_findings_link_to_the_heading(rule: Rule) -> None:
    finding = Finding(rule.code, rule.name, Severity.ERROR, "", "", _NO_PLACE)
    page = rule_pages.render_all(all_rules())
    slug = finding.url.partition("#")[2]
    headings = re.findall(r"^#+ (.+)$", page, re.MULTILINE)
    assert slug in {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
    assert f"(#{slug})" in page


def test_comments_in_examples_are_no_headings() -> None:
    text = "First.\n\n## Example\n\n```python\n## a comment\n```\n"
    rule = Rule("FSL999", "bad-thing", "It breaks.", Severity.ERROR, text, lambda _rule, _context: iter(()))
    assert rule_pages.render_rule(rule) == (
        "# FSL999 bad-thing\n\nFirst.\n\n*error · on by default · no fix · since 0.1.0*\n\n"
        "## Example\n\n```python\n## a comment\n```\n"
    )


def test_a_rule_without_its_headings_is_refused() -> None:
    rule = Rule("FSL999", "bad-thing", "It breaks.", Severity.ERROR, "First.", lambda _rule, _context: iter(()))
    with pytest.raises(InvalidRule, match="headings"):
        validate(rule)


def test_check_says_how_to_mend_a_stale_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "docs" / "rules.md"
    assert rule_pages.main(["--check", str(page)]) == 1
    assert f"rule_pages {page}" in capsys.readouterr().err
    assert not page.exists()
    assert rule_pages.main([str(page)]) == 0
    assert rule_pages.main(["--check", str(page)]) == 0
    page.write_text(page.read_text() + "more\n")
    assert rule_pages.main(["--check", str(page)]) == 1
