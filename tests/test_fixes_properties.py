"""What holds for every fix, however the text around it is written: each rule's fixtures in random disguises.

A disguise says the same in another way: other line ends, a byte order mark, another encoding, tabs, no newline at the
end, comments and form feeds between the statements, rows broken within them, or everything one level deeper.
"""

from __future__ import annotations

import ast
import codecs
import io
import re
import tokenize
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fastapi_session_lint import engine, fixer
from fastapi_session_lint.findings import Applicability, Finding
from fastapi_session_lint.rules import all_rules
from fastapi_session_lint.settings import Settings
from fastapi_session_lint.source import Source

FIXTURES = Path(__file__).parent / "fixtures"
PATH = "/project/app.py"
APPLIED = (Applicability.SAFE, Applicability.UNSAFE)
FIXED = [rule.code for rule in all_rules() if rule.fix in APPLIED]
LATIN = "# -*- coding: latin-1 -*-\n# caf\xe9\n"
MARK = re.compile(rb"# mark \d+")
HIDDEN = {rule.code: rule.hides for rule in all_rules()}


def fixtures(code: str) -> list[str]:
    """The texts of a rule's fixtures that are one module, have fixes and set no options."""
    paths = sorted(path for path in (FIXTURES / code).glob("bad_*.py") if not path.name.endswith(".fixed.py"))
    texts = [path.read_bytes() for path in paths if path.with_name(f"{path.stem}.fixed.py").is_file()]
    plain = [text for text in texts if b"\r" not in text and not text.startswith((codecs.BOM_UTF8, b"# settings:"))]
    return [text.decode() for text in plain if text.isascii() and b"coding" not in text and is_python(text)]


def is_python(text: bytes) -> bool:
    """Whether the running Python knows its grammar."""
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True


TEXTS = {code: fixtures(code) for code in FIXED}


@dataclass(frozen=True, slots=True)
class Disguise:
    """How a text is written. `comments` and `feeds` choose statements by number, `breaks` spaces, counted round and
    round.
    """

    newline: str = "\n"
    has_bom: bool = False
    is_latin: bool = False
    has_tabs: bool = False
    is_open: bool = False
    is_deeper: bool = False
    comments: tuple[int, ...] = ()
    feeds: tuple[int, ...] = ()
    breaks: tuple[int, ...] = ()

    def put_on(self, text: str) -> bytes:
        """The bytes of the text in this disguise."""
        text = with_lines(text, self.comments, self.feeds)
        if self.is_deeper:
            text = deeper(text)
        return self.wrap(with_breaks(text, self.breaks))

    def wrap(self, text: str) -> bytes:
        """The part that does not touch a statement, so that it can as well be put on after the fix."""
        if self.has_tabs and '"""' not in text.partition("\n")[2]:
            text = re.sub(r"^(?: {4})+", lambda indent: "\t" * (len(indent[0]) // 4), text, flags=re.MULTILINE)
        if self.is_latin:
            text = LATIN + text
        if self.is_open:
            text = text.rstrip("\n")
        data = text.replace("\n", self.newline).encode("latin-1" if self.is_latin else "utf-8")
        return codecs.BOM_UTF8 + data if self.has_bom and not self.is_latin else data


def logical_rows(text: str) -> list[int]:
    """The rows on which a statement begins, but for what only goes on with another: else, except, and the like."""
    rows, is_new = [], True
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type in (tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT):
            is_new = True
        elif is_new and token.type not in (tokenize.NL, tokenize.COMMENT, tokenize.ENDMARKER):
            rows.append(token.start[0])
            is_new = False
    return rows


def with_lines(text: str, comments: Sequence[int], feeds: Sequence[int]) -> str:
    """The text with numbered comments above some statements, and form feeds above some at the top."""
    lines, rows = text.splitlines(keepends=True), logical_rows(text)
    tops = [row for row in rows if not lines[row - 1][0].isspace() and row > rows[0]]
    added = {tops[number % len(tops)]: "\x0c\n" for number in feeds if tops}
    for mark, row in enumerate(sorted({rows[number % len(rows)] for number in comments} - added.keys() - {rows[0]})):
        indentation = re.match(r"[ \t]*", lines[row - 1])
        added[row] = f"{indentation[0] if indentation else ''}# mark {mark}\n"
    return "".join(added.get(row, "") + line for row, line in enumerate(lines, start=1))


def spaces(text: str) -> list[tuple[int, int, bool]]:
    """The single spaces between two tokens of a row: their rows and columns, and whether a bracket is open there."""
    lines = text.split("\n")
    found, before, depth, strings = [], (0, 0), 0, 0
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        row, column = token.start
        if before == (row, column - 1) and lines[row - 1][column - 1] == " " and not strings:
            found += [] if token.type == tokenize.COMMENT else [(row, column - 1, depth > 0)]
        name = tokenize.tok_name[token.type]
        strings += name.endswith("STRING_START") - name.endswith("STRING_END")
        depth += (token.string in tuple("([{")) - (token.string in tuple(")]}"))
        before = token.end
    return found


def with_breaks(text: str, breaks: Sequence[int]) -> str:
    """The text with some rows broken at numbered spaces, behind a backslash where no bracket is open."""
    lines, places = text.split("\n"), spaces(text) if breaks else []
    for row, column, is_open in sorted({places[number % len(places)] for number in breaks if places}, reverse=True):
        line = lines[row - 1]
        lines[row - 1] = line[:column] + ("" if is_open else " \\") + "\n" + 12 * " " + line[column + 1 :]
    return "\n".join(lines)


def deeper(text: str) -> str:
    """Everything below the imports and the docstring inside an `if`, where no string goes over several lines."""
    head, found, body = text.partition("\n\n\n")
    if not found or '"""' in body or "\\\n" in body or "from __future__" in body:
        return text
    return head + "\n\n\nif True:\n" + re.sub(r"^(?=[^\n])", "    ", body, flags=re.MULTILINE)


DISGUISES = st.builds(
    Disguise,
    newline=st.sampled_from(["\n", "\r\n"]),
    has_bom=st.booleans(),
    is_latin=st.booleans(),
    has_tabs=st.booleans(),
    is_open=st.booleans(),
    is_deeper=st.booleans(),
    comments=st.lists(st.integers(0, 40), max_size=5).map(tuple),
    feeds=st.lists(st.integers(0, 10), max_size=2).map(tuple),
    breaks=st.lists(st.integers(0, 400), max_size=20).map(tuple),
)


def fix(data: bytes) -> fixer.FixOutcome:
    return fixer.fix([Source(PATH, data)], Settings(select=("ALL",)), report=None, unsafe=True)


def check(data: bytes) -> list[Finding]:
    return engine.check([Source(PATH, data)], Settings(select=("ALL",)), with_fixes=True)


def counted(findings: Iterable[Finding]) -> Counter[str]:
    return Counter(finding.code for finding in findings)


def test_every_rule_with_fixes_is_among_them() -> None:
    assert {code for code, texts in TEXTS.items() if not texts} <= {"FSL901"}, "FSL901 is about comments alone"
    assert sum(map(len, TEXTS.values())) > 100


@pytest.mark.parametrize("code", [code for code in FIXED if TEXTS[code]])
@given(data=st.data())
@settings(max_examples=4, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_whatever_the_text_looks_like(code: str, data: st.DataObject) -> None:
    text, disguise = data.draw(st.sampled_from(TEXTS[code])), data.draw(DISGUISES)
    before = disguise.put_on(text)
    compile(before, "before", "exec", dont_inherit=True)
    found = check(before)
    made = fix(before)
    after = made.changed.get(PATH, before)
    compile(after, "after", "exec", dont_inherit=True)
    assert made.failed == ()
    assert [one.code for one in made.remaining if one.fix and one.fix.applicability in APPLIED] == []
    uncovered = Counter(hidden for one in made.applied for hidden in HIDDEN[one.code])
    assert counted(made.remaining) <= counted(found) - counted(made.applied) + uncovered
    assert fix(after).changed == {}
    assert MARK.findall(after) == MARK.findall(before), "no comment is lost or moved past another"
    assert after.count(b"\x0c") == before.count(b"\x0c")


@pytest.mark.parametrize("code", [code for code in FIXED if TEXTS[code]])
@given(data=st.data())
@settings(max_examples=2, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_a_fix_keeps_every_byte_around_it(code: str, data: st.DataObject) -> None:
    """Line ends, byte order mark, encoding and an open end before the fix or after it: the bytes are the same."""
    text, disguise = data.draw(st.sampled_from(TEXTS[code])), data.draw(DISGUISES)
    disguise = replace(disguise, has_tabs=False)
    plain = fix(text.encode()).changed.get(PATH, text.encode()).decode()
    hidden = disguise.wrap(text)
    assert fix(hidden).changed.get(PATH, hidden) == disguise.wrap(plain)
