"""Comments that suppress: which rows and codes each form speaks for, alone and through the real command."""

from __future__ import annotations

import re
from typing import Any

import pytest

from fastapi_session_lint import engine
from fastapi_session_lint.findings import Finding, Heeded
from fastapi_session_lint.settings import Settings
from fastapi_session_lint.source import Source
from fastapi_session_lint.suppressions import Kind, comments, may_suppress, suppressing

HEAD = """\
from sqlalchemy import create_engine, text
from sqlalchemy.orm import sessionmaker

SessionLocal = sessionmaker(create_engine("postgresql+psycopg://localhost/shop"))
"""
LEAK = """

def count() -> int:
    db = SessionLocal()@
    return db.scalar(text("select 1"))
"""
PATH = "/project/app.py"


def check(text: str, heeded: Heeded = Heeded.ALL, **options: Any) -> list[Finding]:
    return engine.check([Source(PATH, text.encode())], Settings(**options), heeded=heeded)


def codes(text: str, heeded: Heeded = Heeded.ALL, **options: Any) -> list[str]:
    return [finding.code for finding in check(text, heeded, **options)]


def leaking(comment: str) -> str:
    return HEAD + LEAK.replace("@", comment)


@pytest.mark.parametrize(
    "comment",
    [
        "  # fsl: ignore[FSL101]",
        "  # fsl:ignore[FSL101]",
        "  #fsl: ignore [FSL101]",
        "  # FSL: Ignore[fsl101]",
        "  # fsl: ignore[FSL102,FSL101] -- why",
        "  # fsl: ignore[FSL1] -- why # and more",
        "  # fsl: ignore",
        "  # why  # fsl: ignore[FSL101]",
        "  # noqa",
        "  # NOQA:FSL101",
        "  # noqa: E501 FSL101",
        "  # noqa: E501,FSL1",
        "  # noqa: FSL",
        "  # noqa: the pool closes it",
        "  # type: ignore # noqa: FSL101",
        "  # fsl: disable[FSL101]",
        "  # fsl: file-ignore[FSL101]",
    ],
)
def test_suppresses_the_line(comment: str) -> None:
    assert "FSL101" not in codes(leaking(comment))
    assert "FSL101" in codes(leaking(comment), Heeded.NONE)


@pytest.mark.parametrize(
    "comment",
    [
        "  # fsl: ignore[FSL201]",
        "  # fsl: ignore[]",
        "  # fsl: ignored",
        "  # fsl ignore",
        "  # fsl: enable[FSL101]",
        "  # noqa: E501",
        "  # noqa:FSL201",
        "  #noqa",
        '; help = "# fsl: ignore[FSL101]"',
        '; help = "# noqa"',
    ],
)
def test_leaves_the_finding(comment: str) -> None:
    assert "FSL101" in codes(leaking(comment))


def test_inside_flake8_only_our_own_comments_count() -> None:
    assert "FSL101" in codes(leaking("  # noqa: FSL101"), Heeded.OWN)
    assert codes(leaking("  # fsl: ignore[FSL101]"), Heeded.OWN) == []
    idle = (
        leaking("").replace("select 1", "select 2").replace("\n\ndef", "\n# noqa: FSL2\n# fsl: ignore[FSL201]\n\ndef")
    )
    assert codes(idle, Heeded.OWN) == ["FSL901", "FSL101"]


def rows(text: str, code: str = "FSL101") -> list[int]:
    """The rows on which a code is suppressed."""
    found = comments(text)
    return [row for row in range(1, text.count("\n") + 2) if suppressing(found, code, row)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("f(\n  1,\n  2,\n)  # fsl: ignore\n", [1, 2, 3, 4]),
        ("f(  # fsl: ignore\n  1,\n  2,\n)\n", [1, 2, 3, 4]),
        ("f(\n  1,  # fsl: ignore\n  2,\n)\n", [2]),
        ("f(\n  1,  # noqa\n  2,\n)\n", [2]),
        ("f(\n  1,\n  2,\n)  # noqa\n", [4]),
        ('x = f("""\na\n""")  # noqa\n', [1, 2, 3]),
        ("x = 1 + \\\n  2  # noqa\n", [1, 2]),
        ("with a() as b:  # fsl: ignore\n    c()\n", [1]),
        ("with a(\n) as b:  # fsl: ignore\n    c()\n", [1, 2]),
        ("x = 1\n# fsl: ignore\ny = 2\n", [2]),
        ("x = 1\n# fsl: disable\ny = 2\n# fsl: enable\nz = 3\n", [2, 3]),
        ("# fsl: disable[FSL1]\nx = 1\n# fsl: enable[FSL102]\ny = 2\n# fsl: enable[FSL101]\nz = 3\n", [1, 2, 3, 4]),
        ("# fsl: disable\nx\n# fsl: enable\ny\n# fsl: disable\nz\n", [1, 2, 5, 6, 7]),
        ("x = 1\n# fsl: file-ignore[FSL1]\n", [1, 2, 3]),
        ("# flake8: noqa\nx = 1\n", [1, 2, 3]),
        ("# flake8: noqa: E501\nx = 1\n", []),
        ("x = 1  # flake8: noqa\n", []),
        ("if a:\n    b()\n    # fsl: ignore\nelse:\n    c()  # fsl: ignore", [3, 5]),
        ("x = (\n", []),
        ("a()  # fsl: ignore\nx = (  # fsl: ignore\n", [1, 2]),
    ],
)
def test_rows_that_a_comment_speaks_for(text: str, expected: list[int]) -> None:
    assert rows(text) == expected


def test_carriage_returns_and_wide_characters() -> None:
    (one,) = comments('x = "é😀"  # fsl: ignore[FSL101]\r\ny = 2\r\n')
    assert (one.kind, one.codes) == (Kind.IGNORE, ("FSL101",))
    assert (one.span.row, one.span.column, one.span.end_column) == (1, 10, 31)
    assert (one.code_spans[0].column, one.code_spans[0].end_column) == (24, 30)


@pytest.mark.parametrize(
    ("data", "of_a_clean_file", "of_another"),
    [
        (b"x = 1\n", False, False),
        (b"x = 1  # nothing\n", False, False),
        (b"x = 1  # noqa: E501\n", False, True),
        (b"x = 1  # noqa: FSL101\n", True, True),
        (b"x = 1  # fsl: ignore\n", True, True),
    ],
)
def test_most_files_are_not_read_for_comments(data: bytes, of_a_clean_file: bool, of_another: bool) -> None:
    assert may_suppress(data, is_reported=False) is of_a_clean_file
    assert may_suppress(data, is_reported=True) is of_another


# --- comments that do nothing ---


@pytest.mark.parametrize(
    ("comment", "options", "is_reported"),
    [
        ("# fsl: ignore[FSL201]", {}, True),
        ("# fsl: ignore[FSL201]", {"ignore": ("FSL2",)}, False),
        ("# fsl: ignore[FSL201]", {"select": ("FSL101", "FSL901")}, False),
        ("# fsl: ignore[FSL201]", {"ignore": ("FSL901",)}, False),
        ("# fsl: ignore[FSL2]", {}, False),  # FSL209 is off by default, and may have been meant
        ("# fsl: ignore[FSL2]", {"select": ("ALL",)}, True),
        ("# fsl: ignore", {}, False),
        ("# fsl: ignore", {"select": ("ALL",)}, True),
        ("# fsl: ignore[FSL999]", {}, True),
        ("# fsl: ignore[FSL901]", {}, False),
        ("# fsl: ignore[FSL903]", {}, False),
        ("# fsl: enable[FSL201]", {}, False),
        ("# noqa: FSL201", {}, True),
        ("# noqa: FSL999", {}, False),
        ("# noqa", {"select": ("ALL",)}, False),
        ("# noqa: E501", {"select": ("ALL",)}, False),
        ("# fsl: ignore[FSL201]  # noqa: FSL901", {}, False),
        ("# fsl: ignore[FSL201, FSL901]", {}, False),
    ],
)
def test_unused(comment: str, options: dict[str, Any], is_reported: bool) -> None:
    assert ("FSL901" in codes(f"{HEAD}x = 1  {comment}\n", **options)) is is_reported


def test_a_file_that_concerns_no_session_is_looked_at_too() -> None:
    assert codes("x = 1  # fsl: ignore[FSL201]\n") == ["FSL901"]


def test_a_file_that_was_not_checked_is_not_judged() -> None:
    assert codes("x = (  # fsl: ignore[FSL201]\n") == ["FSL902"]


# --- through the command and flake8 ---


def suppressed(shop: Any, comment: str) -> Any:
    text = shop.text("app/jobs.py").replace("    db = SessionLocal()\n", f"    db = SessionLocal()  {comment}\n", 1)
    return shop.write({"app/jobs.py": text})


def reported(out: str) -> list[str]:
    return sorted(re.findall(r" (FSL\d+) ", out))


def test_the_command_heeds_and_ignores(shop: Any) -> None:
    command = ("check", "-q", "--output-format", "concise")
    everything = reported(shop.fsl(*command).out)
    assert "FSL101" in everything
    suppressed(shop, "# fsl: ignore[FSL101] -- on purpose")
    assert reported(shop.fsl(*command).out) == [code for code in everything if code != "FSL101"]
    assert reported(shop.fsl(*command, "--ignore-suppressions").out) == everything


@pytest.mark.parametrize(
    ("comment", "left"),
    [
        ("# fsl: ignore", []),
        ("# fsl: ignore[FSL1] -- the family", []),
        ("# fsl: ignore[FSL102]", ["FSL101"]),
        ("# fsl: disable[FSL101]", ["FSL102"]),
        ("# fsl: file-ignore[FSL102] -- everywhere", ["FSL101"]),
        ("# noqa", []),
        ("# noqa: FSL", []),
        ("# noqa: E501,FSL101", []),
        ("# noqa: E501", ["FSL101"]),
    ],
)
def test_each_form_through_the_command(shop: Any, comment: str, left: list[str]) -> None:
    suppressed(shop, comment)
    options = ("-q", "--output-format", "concise", "--select", "FSL101,FSL102")
    expected = left if "disable" in comment or "file" in comment else sorted([*left, "FSL102"])
    assert reported(shop.fsl("check", *options).out) == expected


def test_a_block_ends_where_it_is_enabled(shop: Any) -> None:
    text = shop.text("app/jobs.py").replace("\n\ndef export", "\n\n# fsl: enable[FSL1]\ndef export")
    shop.write({"app/jobs.py": f"# fsl: disable[FSL1]\n{text}"})
    assert reported(shop.fsl("check", "-q", "--output-format", "concise").out) == ["FSL102", "FSL501"]


def test_what_is_suppressed_is_not_fixed(shop: Any) -> None:
    suppressed(shop, "# fsl: ignore[FSL101]")
    shop.fsl("check", "--fix", "--unsafe-fixes", "--select", "FSL101,FSL901")
    assert "db = SessionLocal()  # fsl: ignore[FSL101]" in shop.text("app/jobs.py")


def test_what_is_unused_is_removed(shop: Any) -> None:
    suppressed(shop, "# fsl: ignore[FSL101, FSL105]")
    shop.fsl("check", "--fix", "--select", "FSL1,FSL901")
    assert "db = SessionLocal()  # fsl: ignore[FSL101]\n" in shop.text("app/jobs.py")


def test_flake8_agrees_on_our_own_comments(shop: Any) -> None:
    suppressed(shop, "# fsl: ignore[FSL101, FSL105]")
    shop.set_up_flake8()
    expected = sorted(shop.fsl("check", "-q", "--output-format", "concise").out.splitlines())
    done = shop.python("-m", "flake8", "--select", "FSL")
    assert sorted(line.removeprefix("./") for line in done.out.splitlines()) == expected
    assert "FSL901" in done.out
    assert "FSL101" not in reported(done.out)
