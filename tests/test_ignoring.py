"""Comments that the tool writes to suppress findings, and the hint about those that Ruff would take out."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from fastapi_session_lint.fixes import apply
from fastapi_session_lint.fixes.ignores import ignoring


def written(text: str, codes: dict[int, set[str]], reason: str | None = None) -> str:
    return apply(text, ignoring(text, codes, reason))


# --- through the command ---


def test_everything_is_suppressed_and_stays_so(shop: Any) -> None:
    before = shop.text("app/jobs.py")
    done = shop.fsl("check", "--add-ignore")
    assert done == (0, "All checks passed!\n", "suppressed 3 findings in 1 file\n")
    text = shop.text("app/jobs.py")
    assert re.sub(r"  # fsl: ignore\[FSL\d+\]", "", text) == before
    assert re.findall(r"# fsl: ignore\[(FSL\d+)\]\n", text) == ["FSL501", "FSL101", "FSL102"]
    assert shop.fsl("check") == (0, "All checks passed!\n", "")
    assert shop.fsl("check", "--add-ignore") == (0, "All checks passed!\n", "suppressed 0 findings in 0 files\n")
    assert shop.text("app/jobs.py") == text


def test_reason_is_written(shop: Any) -> None:
    shop.fsl("check", "--add-ignore", "--reason", " closed by the pool, see T-12 ", "--select", "FSL101")
    assert "    db = SessionLocal()  # fsl: ignore[FSL101] -- closed by the pool, see T-12\n" in shop.text(
        "app/jobs.py"
    )
    assert re.findall(r"FSL\d+", shop.fsl("check", "-q", "--output-format", "concise").out) == ["FSL501", "FSL102"]


def test_only_named_files_are_written_and_bytes_around_are_kept(shop: Any) -> None:
    crlf = shop.text("app/jobs.py").replace("\n", "\r\n").encode("utf-8-sig")
    shop.write({"app/more.py": crlf})
    shop.fsl("check", "--add-ignore", "app/more.py")
    assert "fsl:" not in shop.text("app/jobs.py")
    now = (shop.root / "app/more.py").read_bytes()
    assert re.sub(rb"  # fsl: ignore\[FSL\d+\]", b"", now) == crlf
    assert now != crlf


def test_what_cannot_be_read_is_left_and_reported(shop: Any) -> None:
    shop.write({"app/broken.py": "def f(:\n"})
    done = shop.fsl("check", "--add-ignore", "--output-format", "concise", "-q")
    assert (done.code, done.err) == (1, "suppressed 3 findings in 1 file\n")
    assert re.findall(r"FSL\d+", done.out) == ["FSL902"]
    assert shop.text("app/broken.py") == "def f(:\n"


def test_a_read_only_file_is_an_error(shop: Any) -> None:
    (shop.root / "app/jobs.py").chmod(0o444)
    done = shop.fsl("check", "--add-ignore")
    assert done.code == 2
    assert "not changed: the file is read-only" in done.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--reason", "x"], "--reason belongs to --add-ignore"),
        (["--add-ignore", "--reason", "a # b"], "--reason must be one line of text without `#`"),
        (["--add-ignore", "--reason", " "], "--reason must be one line of text without `#`"),
        (["--add-ignore", "--reason", "a\nb"], "--reason must be one line of text without `#`"),
        (["--add-ignore", "--fix"], "--add-ignore cannot be combined with fixes or standard input"),
        (["--add-ignore", "-"], "--add-ignore cannot be combined with fixes or standard input"),
    ],
)
def test_wrong_use(shop: Any, arguments: list[str], message: str) -> None:
    assert shop.fsl("check", *arguments) == (2, "", f"error: {message}\n")


def test_on_the_whole_example(project: Any) -> None:
    example = Path(__file__).parents[1] / "examples" / "bookshop"
    project.write({path.relative_to(example).as_posix(): path.read_bytes() for path in example.rglob("*.py")})
    found = json.loads(project.fsl("check", "--output-format", "json").out)
    done = project.fsl("check", "--add-ignore", "--reason", "later")
    assert len(found) > 10
    assert done == (
        0,
        "All checks passed!\n",
        f"suppressed {len(found)} findings in {len({one['filename'] for one in found})} files\n",
    )


# --- where a comment stands ---


@pytest.mark.parametrize(
    ("text", "row", "expected"),
    [
        ("x = 1\n", 1, "x = 1  # fsl: ignore[FSL101]\n"),
        ("x = 1", 1, "x = 1  # fsl: ignore[FSL101]"),
        ("x = 1   \n", 1, "x = 1  # fsl: ignore[FSL101]\n"),
        ("x = 1  # why\n", 1, "x = 1  # why  # fsl: ignore[FSL101]\n"),
        ("x = 1  # noqa: E501\n", 1, "x = 1  # noqa: E501  # fsl: ignore[FSL101]\n"),
        ("x = 1  # fsl: ignore[FSL2] -- why\n", 1, "x = 1  # fsl: ignore[FSL2, FSL101] -- why\n"),
        ("x = f(\n    1,\n)\n", 2, "x = f(\n    1,  # fsl: ignore[FSL101]\n)\n"),
        ("x = f(\n    '''\na\n''',\n)\n", 3, "x = f(\n    '''\na\n''',\n)  # fsl: ignore[FSL101]\n"),
        ("x = f('''\na\n''', g())\n", 1, "x = f('''\na\n''', g())  # fsl: ignore[FSL101]\n"),
        ("x = 1 + \\\n    f()\n", 1, "x = 1 + \\\n    f()  # fsl: ignore[FSL101]\n"),
        ("def f(\n    a=g(),\n):\n    pass\n", 1, "def f(  # fsl: ignore[FSL101]\n    a=g(),\n):\n    pass\n"),
    ],
)
def test_place(text: str, row: int, expected: str) -> None:
    assert written(text, {row: {"FSL101"}}) == expected


def test_several_codes_of_a_statement_share_a_comment() -> None:
    text = "x = f('''\na\n''', g())\n"
    assert written(text, {1: {"FSL201", "FSL101"}, 2: {"FSL102"}}, "why") == (
        "x = f('''\na\n''', g())  # fsl: ignore[FSL101, FSL201, FSL102] -- why\n"
    )


def test_nothing_is_written_where_the_text_cannot_be_read() -> None:
    assert written("x = (\n", {1: {"FSL101"}}) == "x = (\n"


# --- what Ruff would take out ---

NOQA = "x = 1  # noqa: FSL101\n"


@pytest.mark.parametrize(
    ("files", "is_hinted"),
    [
        ({"ruff.toml": '[lint]\nselect = ["RUF"]\n'}, True),
        ({"pyproject.toml": '[tool.ruff.lint]\nextend-select = ["RUF100"]\n'}, True),
        ({"app/.ruff.toml": 'select = ["ALL"]\n'}, True),
        ({"ruff.toml": '[lint]\nselect = ["RUF"]\nexternal = ["X"]\n'}, True),
        ({"ruff.toml": '[lint]\nselect = ["RUF"]\nexternal = ["FSL"]\n'}, False),
        ({"ruff.toml": 'external = ["FSL1"]\n[lint]\nselect = ["RUF"]\n'}, False),
        ({"ruff.toml": '[lint]\nselect = ["E", "F"]\n'}, False),
        ({"ruff.toml": '[lint]\nselect = ["RUF"]\nignore = ["RUF100", "RUF102"]\n'}, False),
        ({"ruff.toml": 'extend = "x.toml"\n[lint]\nselect = ["RUF"]\n'}, False),
        ({"ruff.toml": "select = ["}, False),
        ({}, False),
    ],
)
def test_hint_about_ruff(project: Any, files: dict[str, str], is_hinted: bool) -> None:
    project.write({"app/a.py": NOQA, "app/b.py": NOQA, **files})
    done = project.fsl("check", "--ignore", "FSL901")
    path = next(iter(files), "")
    hint = (
        "hint: Ruff removes `# noqa: FSL101`, which it does not know; "
        f'add `external = ["FSL"]` to the lint settings in {project.root}/{path}\n'
    )
    assert done == (0, "All checks passed!\n", hint if is_hinted else "")


def test_no_hint_without_such_comments_or_when_quiet(project: Any) -> None:
    project.write({"a.py": "x = 1  # noqa: E501\n", "ruff.toml": '[lint]\nselect = ["RUF"]\n'})
    assert project.fsl("check").err == ""
    project.write({"a.py": NOQA})
    assert project.fsl("check", "-q", "--ignore", "FSL901").err == ""
