"""Fingerprints: the same through everything that a formatter does, others where the code is another."""

from __future__ import annotations

import dataclasses
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from fastapi_session_lint.configuration import Configurations
from fastapi_session_lint.findings import Finding, Severity, Span
from fastapi_session_lint.fingerprints import fingerprints, identities
from fastapi_session_lint.runner import Sources, check
from fastapi_session_lint.settings import Settings
from fastapi_session_lint.source import Source
from fastapi_session_lint.work import plan

PATH = "/shop/app/jobs.py"
ROOT = Path(__file__).parents[1]


def found(text: str, marked: str, number: int = 0) -> Finding:
    """A finding on the marked words, at the so-manieth place where they stand."""
    offset = -1
    for _ in range(number + 1):
        offset = text.index(marked, offset + 1)
    row, column = text.count("\n", 0, offset) + 1, offset - (text.rfind("\n", 0, offset) + 1)
    return Finding("FSL101", "unclosed-session", Severity.ERROR, "message", PATH, Span(row, column, row, column + 3))


def known(text: str, *findings: Finding) -> list[str]:
    return fingerprints(findings, {PATH: Source(PATH, text.encode())}, lambda path: path.removeprefix("/shop/"))


def one(text: str, marked: str = "Make(") -> str:
    return known(text, found(text, marked))[0]


PLAIN = "def job():\n    db = Make('x', y)\n    return db\n"


@pytest.mark.parametrize(
    "text",
    [
        "import os\n\n\n" + PLAIN,
        PLAIN.replace("'", '"'),
        PLAIN.replace("    db = Make('x', y)\n", "    db = Make(\n        'x',  # why\n        y,\n    )\n"),
        PLAIN.replace("    db = Make('x', y)\n", "    db = (Make('x', y))\n"),
        PLAIN.replace("    db = Make('x', y)\n", "    db = \\\n        Make('x', y)  # fsl: note\n"),
        PLAIN.replace("    db", "\tdb").replace("    return", "\treturn"),
        PLAIN.replace("\n", "\r\n"),
        PLAIN.replace("\n    db", " x = 1; db").replace("job():", "job(): pass;").replace("\n    return db", ""),
        PLAIN.replace("'x'", "R'''x'''"),
        PLAIN.replace("def job():", "def job(more: int = 3) -> None:"),
        "if True:\n" + "".join(f"    {line}\n" for line in PLAIN.splitlines()),
    ],
)
def test_layout_and_moved_lines_change_nothing(text: str) -> None:
    assert one(text) == one(PLAIN)


@pytest.mark.parametrize(
    "text",
    [
        PLAIN.replace("'x'", "'z'"),
        PLAIN.replace("job", "other"),
        "class Jobs:\n" + "".join(f"    {line}\n" for line in PLAIN.splitlines()),
        PLAIN.replace("db = Make", "session = Make"),
        PLAIN.replace("'x', y", "'#', y"),
    ],
)
def test_other_code_is_another_finding(text: str) -> None:
    assert one(text) != one(PLAIN)


def test_hash_in_a_string_begins_no_comment() -> None:
    assert one("db = Make('#', a)\n") != one("db = Make('#', b)\n")


def test_equal_statements_are_counted_from_the_top() -> None:
    text = "def job():\n    db = Make()\n    use(db)\n    db = Make()\n"
    first, second = known(text, found(text, "Make("), found(text, "Make(", 1))
    assert first != second
    assert known(text, found(text, "Make(", 1)) == [first]


def test_code_and_path_count() -> None:
    finding = found(PLAIN, "Make(")
    base = known(PLAIN, finding)
    assert known(PLAIN, dataclasses.replace(finding, code="FSL102")) != base
    assert fingerprints([finding], {PATH: Source(PATH, PLAIN.encode())}, str) != base


@pytest.mark.parametrize(
    ("text", "marked", "function", "told"),
    [
        ("x = Make()\n", "Make", "", "x=make"),
        ("class A:\n    def f(self):\n        Make()\n", "Make", "A.f", "make"),
        ("def f(db=Make()):\n    pass\n", "Make", "f", "mak"),
        ("@route(Make())\ndef f():\n    pass\n", "Make", "f", "mak"),
        ("@one\ndef f():\n    pass\n", "def", "f", "def"),
        ("with Make() as db:\n    use(db)\n", "Make", "", "withmakeasdb:"),
        ("try:\n    go()\nexcept Error:\n    pass\n", "except", "", "excepterror:"),
        ("match x:\n    case Make():\n        go()\n", "Make", "", "make:"),
        ("match x:\n    case 1:\n        Make()\n", "Make", "", "make"),
        ("def f():\n    x = '名前'; Make()\n", "Make", "f", "make"),
        ("this is no Python: Make()\n", "Make", "", "thisisnopython:make"),
        ("# fsl: Make\n", "Make", "", "# fsl: Make"),
    ],
)
def test_what_is_told(text: str, marked: str, function: str, told: str) -> None:
    (identity,) = identities([found(text, marked)], {PATH: Source(PATH, text.encode())}, str)
    assert (identity.function, identity.text) == (function, told)


def test_files_that_say_nothing() -> None:
    finding = found(PLAIN, "Make(")
    for sources in ({}, {PATH: Source(PATH, b"\xff\xfe")}, {PATH: Source(PATH, b"")}):
        (identity,) = identities([finding], sources, str)
        assert (identity.function, identity.text) == ("", "")


def test_reformatted_example_keeps_every_fingerprint(tmp_path: Path) -> None:
    """The bookshop as it is, and laid out by Ruff in another style with other quotes and a short line."""
    ruff = shutil.which("ruff") or str(Path(sys.executable).with_name("ruff"))
    if not Path(ruff).exists():
        pytest.skip("Ruff is not installed")
    shop = tmp_path / "bookshop"
    shutil.copytree(ROOT / "examples" / "bookshop", shop)
    before = _known_in(shop)
    assert len(before) > 10
    for style in ('line-length = 40\nformat.quote-style = "single"', "line-length = 200\nindent-width = 2"):
        (tmp_path / "ruff.toml").write_text(style)
        done = subprocess.run([ruff, "format", "--config", str(tmp_path / "ruff.toml"), str(shop)], capture_output=True)
        assert done.returncode == 0 and b"reformatted" in done.stdout, done
        assert _known_in(shop) == before


def _known_in(folder: Path) -> set[str]:
    sources = Sources()
    findings = check(plan([str(folder)], Configurations(isolated=Settings())), sources)
    return set(fingerprints(findings, sources.known, lambda path: str(Path(path).relative_to(folder))))


@pytest.mark.parametrize("newer", ["try:\n    pass\nexcept A, B:\n    pass\n", "def tell[T](x: T) -> T: ...\n"])
def test_grammar_that_is_newer_than_the_running_python_changes_nothing(newer: str) -> None:
    statement = PLAIN.replace("('x', y)", "(\n        'x',\n        y,\n    )")
    assert one(f"{statement}\n\n{newer}") == one(PLAIN)
