"""`fsl check` through the real command: what each option does."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from fastapi_session_lint import __version__
from fastapi_session_lint.settings import Kind, Place
from fastapi_session_lint.settings import options as table

ROOT = Path(__file__).parents[1]
RAW = """
import subprocess, sys
with open("out.diff", "wb") as file:
    command = [sys.executable, "-m", "fastapi_session_lint", *sys.argv[1:]]
    sys.exit(subprocess.run(command, stdout=file).returncode)
"""
ALL_OF_SHOP = ["FSL501", "FSL101", "FSL102"]
FIXED_EXPORT = """\
def export() -> int:
    db = SessionLocal()
    try:
        found = db.scalar(select(1))
    finally:
        db.close()
    return found
"""


def codes(out: str) -> list[str]:
    """The codes of a concise report, in its order."""
    return re.findall(r"^\S+:\d+:\d+: (FSL\d{3}) ", out, re.MULTILINE)


def test_default_path_is_the_current_folder(shop: Any) -> None:
    done = shop.fsl("check", "--output-format", "concise")
    assert (done.code, codes(done.out), done.err) == (1, ALL_OF_SHOP, "")
    assert done.out.splitlines()[1].startswith("app/jobs.py:9:10: FSL101 `db` is never closed")
    assert done.out.splitlines()[3:] == [
        "Found 3 findings (1 error, 1 warning, 1 info).",
        "[*] 2 fixable with `--fix` (1 more with `--unsafe-fixes`).",
    ]


def test_clean_run(shop: Any) -> None:
    done = shop.fsl("check", "app/db.py")
    assert (done.code, done.out, done.err) == (0, "All checks passed!\n", "")


def test_only_named_paths_are_reported_and_all_is_known(shop: Any) -> None:
    shop.write({"app/more.py": shop.text("app/jobs.py")})
    done = shop.fsl("check", "app/more.py", "--output-format", "concise")
    assert codes(done.out) == ALL_OF_SHOP
    assert {line.split(":")[0] for line in done.out.splitlines()[:3]} == {"app/more.py"}


def test_paths_are_shown_from_the_current_folder(shop: Any) -> None:
    assert shop.fsl("check", "-q", "--output-format", "concise", cwd="app").out.startswith("jobs.py:5:11:")
    outside = shop.fsl("check", "-q", "--output-format", "concise", str(shop.root), cwd="..").out
    assert outside.startswith("shop/app/jobs.py:5:11:")
    (shop.root / "other").mkdir()
    absolute = shop.fsl("check", "-q", "--output-format", "concise", "../app", cwd="other").out
    assert absolute.startswith(f"{shop.root}/app/jobs.py:5:11:")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--select", "FSL101"], ["FSL101"]),
        (["--select", "FSL10"], ["FSL101", "FSL102"]),
        (["--select", "FSL101,FSL5"], ["FSL501", "FSL101"]),
        (["--select", "FSL101", "--select", " FSL5 "], ["FSL501", "FSL101"]),
        (["--select", "ALL"], ALL_OF_SHOP),
        (["--ignore", "FSL1"], ["FSL501"]),
        (["--ignore", "FSL1", "--extend-select", "FSL102"], ["FSL501", "FSL102"]),
        (["--select", "FSL1", "--ignore", "FSL101"], ["FSL102"]),
        (["--select", "FSL101", "--ignore", "FSL101"], []),
        (["--select", "ALL", "--ignore", "ALL"], []),
    ],
)
def test_selection(shop: Any, arguments: list[str], expected: list[str]) -> None:
    assert codes(shop.fsl("check", "--output-format", "concise", *arguments).out) == expected


def test_rules_that_are_off_run_when_selected(project: Any) -> None:
    project.write({"a.py": "from sqlalchemy.orm import Session\n\ndef save(db: Session) -> None:\n    db.commit()\n"})
    for arguments in (["--extend-select", "FSL209"], ["--select", "FSL2"], ["--select", "ALL"]):
        assert codes(project.fsl("check", "--output-format", "concise", *arguments).out) == ["FSL209"]
    assert project.fsl("check").code == 0


@pytest.mark.parametrize(
    ("fail_on", "select", "code"),
    [
        ("error", "FSL102,FSL501", 0),
        ("error", "FSL101", 1),
        ("warning", "FSL501", 0),
        ("warning", "FSL102", 1),
        ("info", "FSL501", 1),
        (None, "FSL501", 0),
        (None, "FSL102", 1),
    ],
)
def test_fail_on(shop: Any, fail_on: str | None, select: str, code: int) -> None:
    option = ["--fail-on", fail_on] if fail_on else []
    assert shop.fsl("check", "--select", select, *option).code == code


def test_exit_zero(shop: Any) -> None:
    done = shop.fsl("check", "--exit-zero", "--output-format", "concise")
    assert (done.code, codes(done.out)) == (0, ALL_OF_SHOP)


def test_quiet_prints_findings_alone(shop: Any) -> None:
    done = shop.fsl("check", "-q", "--output-format", "concise")
    assert (done.code, len(done.out.splitlines())) == (1, 3)
    assert shop.fsl("check", "--quiet", "app/db.py").out == ""


def test_verbose_says_what_is_checked(shop: Any) -> None:
    shop.write({"pyproject.toml": "[tool.fastapi-session-lint]\n"})
    done = shop.fsl("check", "-v", "app/db.py")
    assert done.out == "All checks passed!\n"
    first, last = done.err.splitlines()
    assert first == f"{shop.root}: 1 of 2 files reported; configuration: {shop.root}/pyproject.toml"
    assert re.fullmatch(r"took \d+\.\d\d s", last)


def test_isolated_reads_no_configuration(shop: Any) -> None:
    shop.write({"pyproject.toml": '[tool.fastapi-session-lint]\nselect = ["FSL101"]\noutput-format = "concise"\n'})
    assert codes(shop.fsl("check").out) == ["FSL101"]
    assert codes(shop.fsl("check", "--isolated", "--output-format", "concise").out) == ALL_OF_SHOP
    shop.write({"pyproject.toml": "[tool.fastapi-session-lint\n"})
    assert shop.fsl("check", "--isolated").code == 1


def test_no_cache_is_accepted(shop: Any) -> None:
    assert shop.fsl("check", "--no-cache").code == 1
    assert not (shop.root / ".fsl_cache").exists()


def test_output_is_the_same_every_time(shop: Any) -> None:
    shop.write({f"app/jobs{number}.py": shop.text("app/jobs.py") for number in range(5)})
    first = shop.fsl("check", PYTHONHASHSEED="1").out
    assert first == shop.fsl("check", PYTHONHASHSEED="2").out
    assert first == shop.fsl("check", "app/jobs4.py", "app", ".", "app/db.py").out


def test_json(shop: Any) -> None:
    found = json.loads(shop.fsl("check", "--output-format", "json").out)
    assert [one["code"] for one in found] == ALL_OF_SHOP
    last = found[-1]
    path = f"{shop.root}/app/jobs.py"
    assert {key: last[key] for key in ("name", "severity", "filename", "location", "end_location", "trail")} == {
        "name": "close-skipped-on-error",
        "severity": "warning",
        "filename": path,
        "location": {"row": 14, "column": 10},
        "end_location": {"row": 14, "column": 24},
        "trail": [
            {"filename": path, "location": {"row": 15, "column": 13}, "message": "an error here skips the close"}
        ],
    }
    assert last["url"].endswith("#fsl102-close-skipped-on-error")
    assert (last["fix"]["applicability"], last["fix"]["message"]) == ("safe", "Close `db` in a finally clause")
    assert apply(shop.text("app/jobs.py"), last["fix"]["edits"]).endswith(FIXED_EXPORT)


def apply(text: str, edits: list[dict[str, Any]]) -> str:
    """The text with the edits of a JSON report, rows and columns counted from 1."""
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))

    def offset(place: dict[str, int]) -> int:
        return starts[place["row"] - 1] + place["column"] - 1

    for edit in sorted(edits, key=lambda one: offset(one["location"]), reverse=True):
        text = text[: offset(edit["location"])] + edit["content"] + text[offset(edit["end_location"]) :]
    return text


def test_json_of_a_clean_run(shop: Any) -> None:
    assert shop.fsl("check", "--output-format", "json", "app/db.py").out == "[]\n"


# --- standard input ---


def test_stdin_stands_for_a_file(shop: Any) -> None:
    text = shop.text("app/jobs.py").replace("archive.db", "x.db")
    done = shop.fsl("check", "-", "--stdin-filename", "app/jobs.py", "--output-format", "concise", stdin="\n" + text)
    assert (done.code, codes(done.out)) == (1, ALL_OF_SHOP)
    assert done.out.startswith("app/jobs.py:6:11:")


def test_stdin_as_a_file_that_is_not_there(shop: Any) -> None:
    done = shop.fsl("check", "-", "--stdin-filename", "app/new.py", stdin=shop.text("app/jobs.py"))
    assert (done.code, done.out.count("app/new.py:")) == (1, 3)


def test_stdin_without_a_name(shop: Any) -> None:
    done = shop.fsl("check", "-", "--output-format", "concise", stdin=shop.text("app/jobs.py"))
    assert done.out.startswith("<stdin>:5:11: FSL501")


def test_stdin_uses_the_configuration_of_its_file(shop: Any) -> None:
    shop.write({"pyproject.toml": '[tool.fastapi-session-lint]\nselect = ["FSL101"]\n'})
    done = shop.fsl("check", "-", "--stdin-filename", "shop/app/x.py", cwd="..", stdin=shop.text("app/jobs.py"))
    assert re.findall(r"FSL\d+", done.out) == ["FSL101"]


def test_stdin_stands_alone(shop: Any) -> None:
    done = shop.fsl("check", "-", "app")
    assert (done.code, done.out, done.err) == (2, "", "error: `-` cannot be combined with other paths\n")


# --- fixes ---


def test_fix_applies_what_is_safe(shop: Any) -> None:
    done = shop.fsl("check", "--fix", "--output-format", "concise")
    assert (done.code, codes(done.out)) == (1, ["FSL101"])
    assert done.out.splitlines()[1:] == [
        "Found 3 findings (2 fixed, 1 remaining).",
        "No safe fixes; 1 unsafe with `--fix --unsafe-fixes`.",
    ]
    assert shop.text("app/jobs.py").endswith(FIXED_EXPORT)
    assert 'create_engine("sqlite:///archive.db", connect_args={"check_same_thread": False})' in shop.text(
        "app/jobs.py"
    )


def test_unsafe_fixes_are_applied_when_asked_for(shop: Any) -> None:
    done = shop.fsl("check", "--fix", "--unsafe-fixes")
    assert (done.code, done.out) == (0, "Found 3 findings (3 fixed, 0 remaining).\n")
    assert "    with SessionLocal() as db:\n        return db.scalar(select(1))\n" in shop.text("app/jobs.py")
    assert shop.fsl("check", "--fix", "--unsafe-fixes").out == "All checks passed!\n"


def test_unsafe_fixes_without_fix_are_only_counted(shop: Any) -> None:
    before = shop.text("app/jobs.py")
    done = shop.fsl("check", "--unsafe-fixes")
    assert done.out.endswith("[*] 3 fixable with `--fix --unsafe-fixes`.\n")
    assert shop.text("app/jobs.py") == before


def test_fix_leaves_files_that_are_not_named(shop: Any) -> None:
    shop.write({"app/more.py": shop.text("app/jobs.py")})
    before = shop.text("app/jobs.py")
    assert shop.fsl("check", "--fix", "app/more.py").code == 1
    assert shop.text("app/jobs.py") == before
    assert shop.text("app/more.py").endswith(FIXED_EXPORT)


def test_fix_of_stdin_goes_to_stdout(shop: Any) -> None:
    text = shop.text("app/jobs.py")
    arguments = ("check", "-", "--stdin-filename", "app/jobs.py", "--fix", "--output-format", "concise")
    done = shop.fsl(*arguments, stdin=text.replace("\n", "\r\n"))
    assert done.out.endswith(FIXED_EXPORT.replace("\n", "\r\n"))
    assert (done.code, codes(done.err)) == (1, ["FSL101"])
    assert shop.text("app/jobs.py") == text


def test_clean_stdin_is_given_back(shop: Any) -> None:
    done = shop.fsl("check", "-", "--fix", "-q", stdin="x = 1")
    assert (done.code, done.out, done.err) == (0, "x = 1", "")


def test_fix_keeps_mode_encoding_and_line_ends(shop: Any) -> None:
    text = "\ufeff# żółw\r\n" + shop.text("app/jobs.py").replace("\n", "\r\n")
    path = shop.root / "app/jobs.py"
    path.write_bytes(text.encode())
    path.chmod(0o755)
    shop.fsl("check", "--fix", "--select", "FSL102")
    expected = text.replace(
        "    found = db.scalar(select(1))\r\n    db.close()\r\n",
        "    try:\r\n        found = db.scalar(select(1))\r\n    finally:\r\n        db.close()\r\n",
    )
    assert path.read_bytes() == expected.encode()
    assert path.stat().st_mode & 0o777 == 0o755


def test_file_that_cannot_be_written(shop: Any) -> None:
    shop.write({"app/more.py": shop.text("app/jobs.py")})
    (shop.root / "app/jobs.py").chmod(0o444)
    before = shop.text("app/jobs.py")
    done = shop.fsl("check", "--fix", "--output-format", "concise")
    assert (done.code, done.err) == (2, f"error: {shop.root}/app/jobs.py: not fixed: the file is read-only\n")
    assert sorted(codes(done.out)) == ["FSL101", "FSL101", "FSL102", "FSL501"]
    assert shop.text("app/jobs.py") == before
    assert shop.text("app/more.py").endswith(FIXED_EXPORT)
    assert sorted(path.name for path in (shop.root / "app").iterdir()) == ["db.py", "jobs.py", "more.py"]


def test_diff_changes_nothing_and_fails_when_there_is_one(shop: Any) -> None:
    before = shop.text("app/jobs.py")
    done = shop.fsl("check", "--diff")
    assert (done.code, done.err) == (1, "Would fix 2 findings (1 more with `--unsafe-fixes`).\n")
    assert done.out.startswith("--- app/jobs.py\n+++ app/jobs.py\n@@ ")
    assert "-    db.close()\n+    try:\n" in done.out
    assert shop.text("app/jobs.py") == before
    assert shop.fsl("check", "--diff", "-q", "--unsafe-fixes").err == ""


def test_diff_without_anything_to_fix(shop: Any) -> None:
    assert shop.fsl("check", "--diff", "app/db.py") == (0, "", "Nothing to fix.\n")
    done = shop.fsl("check", "--diff", "--select", "FSL101")
    assert done == (0, "", "Nothing to fix (1 more with `--unsafe-fixes`).\n")


@pytest.mark.parametrize("head", [b"", b"\xef\xbb\xbf", b"# coding: latin-1\nname = '\xe9'\n\x0c\n"])
@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
def test_patch_makes_of_the_diff_what_fix_makes(shop: Any, head: bytes, line_end: bytes) -> None:
    text = (head + shop.text("app/jobs.py").encode()).replace(b"\n", line_end).removesuffix(line_end)
    shop.write({"app/jobs.py": text, "other.py": text})
    patch = shop.python("-c", RAW, "check", "--diff", "--unsafe-fixes")
    assert patch.code == 1
    done = shop.fsl("check", "--fix", "--unsafe-fixes")
    assert done.code == 0, done
    fixed = (shop.root / "app/jobs.py").read_bytes()
    shop.write({"app/jobs.py": text, "other.py": text})
    applied = subprocess.run(["git", "apply", "-p0", "out.diff"], cwd=shop.root, capture_output=True, check=False)
    assert applied.returncode == 0, applied.stdout
    assert (shop.root / "app/jobs.py").read_bytes() == (shop.root / "other.py").read_bytes() == fixed
    assert b"\n" in fixed
    assert fixed != text


def test_diff_in_colors(shop: Any) -> None:
    shop.write({"app/jobs.py": shop.text("app/jobs.py").replace("db.close()", "db.close()  # \x1b[2J")})
    done = shop.fsl("check", "--diff", "--color", "always")
    assert "\x1b[31m-    db.close()  # \\x1b[2J\x1b[0m\n\x1b[32m+    try:\x1b[0m\n" in done.out


def test_diff_of_stdin(shop: Any) -> None:
    text = shop.text("app/jobs.py")
    done = shop.fsl("check", "-", "--stdin-filename", "app/jobs.py", "--diff", stdin=text)
    assert (done.code, done.out) == (1, shop.fsl("check", "--diff").out)


def test_fix_only_reports_nothing_of_what_is_left(shop: Any) -> None:
    done = shop.fsl("check", "--fix-only")
    assert done == (0, "Fixed 2 findings (1 more with `--unsafe-fixes`).\n", "")
    assert shop.text("app/jobs.py").endswith(FIXED_EXPORT)
    assert shop.fsl("check", "--fix-only") == (0, "Nothing to fix (1 more with `--unsafe-fixes`).\n", "")
    assert shop.fsl("check", "--fix-only", "--output-format", "json").out == "[]\n"


def test_fix_only_of_stdin(shop: Any) -> None:
    text = shop.text("app/jobs.py")
    done = shop.fsl("check", "-", "--stdin-filename", "app/jobs.py", "--fix-only", "-q", stdin=text)
    assert (done.code, done.err) == (0, "")
    assert done.out.endswith(FIXED_EXPORT)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--fix"], 1),
        (["--fix", "--unsafe-fixes"], 0),
        (["--fix", "--unsafe-fixes", "--exit-non-zero-on-fix"], 1),
        (["--fix", "--unsafe-fixes", "--exit-non-zero-on-fix", "--exit-zero"], 0),
        (["--fix-only"], 0),
        (["--fix-only", "--exit-non-zero-on-fix"], 1),
        (["--fix-only", "--exit-non-zero-on-fix", "--select", "FSL101"], 0),
        (["--exit-non-zero-on-fix", "--fail-on", "error"], 1),
        (["--exit-non-zero-on-fix", "--select", "FSL501"], 0),
        (["--diff", "--exit-zero"], 0),
        (["--diff", "--fail-on", "error"], 1),
    ],
)
def test_exit_code_of_fixes(shop: Any, arguments: list[str], code: int) -> None:
    assert shop.fsl("check", *arguments).code == code


def test_show_fixes_lists_them_by_file_and_rule(shop: Any) -> None:
    shop.write(
        {
            "app/more.py": shop.text("app/jobs.py")
            + "\n\n"
            + FIXED_EXPORT.replace("    try:\n    ", "").replace("    finally:\n    ", "").replace("export", "again")
        }
    )
    done = shop.fsl("check", "--fix", "--show-fixes", "--output-format", "concise")
    listed = done.out[done.out.index("Fixed") :]
    assert listed.startswith("""\
Fixed 5 findings:
- app/jobs.py:
    1 FSL102 close-skipped-on-error
    1 FSL501 sqlite-missing-check-same-thread
- app/more.py:
    2 FSL102 close-skipped-on-error
    1 FSL501 sqlite-missing-check-same-thread

Found 7 findings (5 fixed, 2 remaining).
""")
    assert shop.fsl("check", "--fix", "--show-fixes", "--exit-zero", "--fail-on", "error").out.count("Fixed") == 0


def test_suppressed_findings_are_never_fixed(shop: Any) -> None:
    marked = shop.text("app/jobs.py").replace("SessionLocal()\n", "SessionLocal()  # fsl: ignore[FSL1]\n")
    shop.write({"app/jobs.py": marked})
    arguments = ("check", "--fix", "--unsafe-fixes", "--select", "FSL1", "--output-format", "concise")
    assert shop.fsl(*arguments) == (0, "All checks passed!\n", "")
    assert codes(shop.fsl(*arguments, "--ignore-suppressions").out) == ["FSL101", "FSL102"]
    assert shop.fsl("check", "--diff", "--ignore-suppressions", "--select", "FSL1").code == 0
    assert shop.text("app/jobs.py") == marked


def test_two_runs_at_once(shop: Any) -> None:
    command = [sys.executable, "-m", "fastapi_session_lint", "check", "--unsafe-fixes", "--fix", "--select"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    runs = [
        subprocess.Popen([*command, code], cwd=shop.root, env=environment, stdout=-1, stderr=-1, text=True)
        for code in ("FSL101", "FSL102", "FSL501", "FSL501")
    ]
    ended = [(one.communicate()[1], one.returncode) for one in runs]
    assert ended == [("", 0)] * len(runs)
    text = shop.text("app/jobs.py")
    assert "with SessionLocal() as db:" in text
    assert text.endswith(FIXED_EXPORT)
    assert text.count("check_same_thread") == 1


# --- colours ---


@pytest.mark.parametrize(
    ("arguments", "environment", "has_colors"),
    [
        ([], {}, False),
        (["--color", "auto"], {}, False),
        (["--color", "always"], {}, True),
        (["--color", "always"], {"NO_COLOR": "1"}, True),
        (["--color", "never"], {"FORCE_COLOR": "1"}, False),
        ([], {"FORCE_COLOR": "1"}, True),
        ([], {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        ([], {"FORCE_COLOR": "1", "NO_COLOR": ""}, True),
    ],
)
@pytest.mark.parametrize("form", ["full", "concise"])
def test_colors(shop: Any, arguments: list[str], environment: dict[str, str], has_colors: bool, form: str) -> None:
    done = shop.fsl("check", "--output-format", form, *arguments, **environment)
    assert ("\x1b[" in done.out) is has_colors
    plain = re.sub(r"\x1b\[[\d;]*m", "", done.out)
    assert plain == shop.fsl("check", "--output-format", form).out


def test_json_is_never_colored(shop: Any) -> None:
    assert "\x1b" not in shop.fsl("check", "--output-format", "json", "--color", "always").out


# --- the other commands ---


@pytest.mark.parametrize("arguments", [["--version"], ["version"]])
def test_version(project: Any, arguments: list[str]) -> None:
    assert project.fsl(*arguments) == (0, f"fsl {__version__}\n", "")


def test_version_loads_nothing(project: Any) -> None:
    loaded = modules_after(project, "--version")
    assert not loaded & {"click", "rich", "libcst", "pathspec", "fastapi_session_lint.cli"}


@pytest.mark.parametrize("arguments", [["--help"], ["check", "--help"], ["rule", "FSL101"], ["rule", "--all"]])
def test_help_and_pages_do_not_load_libcst(project: Any, arguments: list[str]) -> None:
    loaded = modules_after(project, *arguments)
    assert "click" in loaded
    assert not loaded & {"rich", "libcst", "pathspec", "fastapi_session_lint.engine"}


def test_pathspec_is_loaded_for_patterns_only(shop: Any) -> None:
    assert "pathspec" not in modules_after(shop, "check")
    for lines in ("*.log\nbuild/\n", "!.env\n/app/\njobs.py\n"):
        shop.write({".gitignore": lines})
        assert "pathspec" not in modules_after(shop, "check")
    shop.write({".gitignore": "j*.py\n"})
    assert "pathspec" in modules_after(shop, "check")


def modules_after(project: Any, *arguments: str) -> set[str]:
    """The modules that one run of the command has loaded."""
    code = (
        f"import sys; sys.argv = ['fsl', *{list(arguments)}]\n"
        "from fastapi_session_lint.__main__ import main\n"
        "main()\n"
        "print(*sys.modules, file=sys.stderr)\n"
    )
    return set(project.python("-c", code).err.splitlines()[-1].split())


def test_help_names_every_command_and_option(project: Any) -> None:
    done = project.fsl("--help")
    assert done.code == 0
    assert re.findall(r"^  ([a-z][a-z-]*)\s", done.out, re.MULTILINE) == [
        "check",
        "clean",
        "config",
        "generate-shell-completion",
        "init",
        "rule",
        "version",
    ]
    options = set(re.findall(r"--[a-z-]+", project.fsl("check", "--help").out))
    flags = [one for one in table() if Place.COMMAND in one.declared.places]
    assert options == {
        "--add-ignore",
        "--baseline",
        "--cache-dir",
        "--color",
        "--config",
        "--diff",
        "--diff-base",
        "--exit-non-zero-on-fix",
        "--exit-zero",
        "--fix",
        "--fix-only",
        "--help",
        "--ignore-suppressions",
        "--isolated",
        "--jobs",
        "--no-baseline",
        "--no-cache",
        "--output-file",
        "--output-format",
        "--prune-baseline",
        "--quiet",
        "--reason",
        "--show-fixes",
        "--show-files",
        "--show-project",
        "--show-settings",
        "--statistics",
        "--stdin-filename",
        "--verbose",
        "--watch",
        "--write-baseline",
        *(f"--{one.name}" for one in flags),
        *(f"--no-{one.name}" for one in flags if one.declared.kind is Kind.FLAG),
    }


def test_no_command_is_a_question_for_help(project: Any) -> None:
    done = project.fsl()
    assert (done.code, done.err) == (2, "")
    assert done.out == project.fsl("--help").out


@pytest.mark.parametrize("code", ["FSL101", "fsl101"])
def test_rule_prints_its_page(project: Any, code: str) -> None:
    done = project.fsl("rule", code)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("# FSL101 unclosed-session\n")
    assert "## Why is this bad?" in done.out


def test_rule_all_prints_every_page(project: Any) -> None:
    titles = re.findall(r"^# (FSL\d{3}) ", project.fsl("rule", "--all").out, re.MULTILINE)
    assert titles == sorted(titles)
    assert {"FSL101", "FSL209", "FSL903"} <= set(titles)


def test_rule_is_laid_out_in_colors(project: Any) -> None:
    done = project.fsl("rule", "FSL101", "--color", "always", COLUMNS="60")
    assert "\x1b[" in done.out
    assert "## Why" not in done.out
    plain = re.sub(r"\x1b\[[\d;]*m", "", done.out)
    assert max(len(line) for line in plain.splitlines()) <= 60


def test_both_names_are_installed() -> None:
    scripts = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"]["scripts"]
    assert scripts == dict.fromkeys(("fsl", "fastapi-session-lint"), "fastapi_session_lint.__main__:command")
