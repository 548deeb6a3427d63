"""Baselines and changed lines, through the real command: old findings are left out, new ones never."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

NAME = "fsl-baseline.json"
ROOT = Path(__file__).parents[1]
LEAK = "\n\ndef more() -> int:\n    db = SessionLocal()\n    return db.scalar(select(1))\n"


def codes(out: str) -> list[str]:
    return re.findall(r"^\S+:\d+:\d+: (FSL\d{3}) ", out, re.MULTILINE)


def check(shop: Any, *arguments: str, **options: Any) -> Any:
    return shop.fsl("check", "--output-format", "concise", *arguments, **options)


def written(shop: Any, *arguments: str) -> list[dict[str, Any]]:
    done = shop.fsl("check", "--write-baseline", *arguments)
    assert (done.code, done.out) == (0, "")
    findings: list[dict[str, Any]] = json.loads(shop.text(NAME))["findings"]
    return findings


# --- writing and using ---


def test_known_findings_are_not_reported(shop: Any) -> None:
    done = shop.fsl("check", "--write-baseline")
    assert done == (0, "", f"wrote 3 findings to {NAME}\n")
    assert check(shop, "--baseline", NAME) == (0, "All checks passed!\n", "")
    assert codes(check(shop).out) == ["FSL501", "FSL101", "FSL102"]


def test_the_file_can_be_read_by_people(shop: Any) -> None:
    entries = written(shop)
    shown = [(one["path"], one["code"], one["function"], one["count"]) for one in entries]
    assert shown == [
        ("app/jobs.py", "FSL101", "count", 1),
        ("app/jobs.py", "FSL102", "export", 1),
        ("app/jobs.py", "FSL501", "", 1),
    ]
    assert shop.text(NAME).endswith("\n")
    shop.fsl("check", "--write-baseline")
    assert json.loads(shop.text(NAME))["findings"] == entries


def test_a_new_finding_is_reported_alone(shop: Any) -> None:
    written(shop)
    shop.write({"app/jobs.py": "# a line\n" + shop.text("app/jobs.py") + LEAK})
    done = check(shop, "--baseline", NAME)
    assert (done.code, done.err) == (1, "")
    assert [line.split(" ")[0] for line in done.out.splitlines()[:-2]] == ["app/jobs.py:22:10:"]


def test_one_more_of_the_same_kind_is_new(shop: Any) -> None:
    written(shop)
    again = "    db = SessionLocal()\n    return db.scalar(select(1))\n"
    shop.write({"app/jobs.py": shop.text("app/jobs.py").replace(again, again.replace("return ", "") + again, 1)})
    assert codes(check(shop, "--baseline", NAME).out) == ["FSL101"]
    assert codes(check(shop).out).count("FSL101") == 2


def test_the_place_does_not_matter(shop: Any) -> None:
    """One baseline holds from every folder, for a file as for all, and for standard input."""
    written(shop)
    assert check(shop, "--baseline", f"../{NAME}", cwd="app").code == 0
    assert check(shop, "--baseline", NAME, "app/jobs.py").code == 0
    text = shop.text("app/jobs.py") + LEAK
    done = check(shop, "--baseline", NAME, "-", "--stdin-filename", "app/jobs.py", stdin=text)
    assert (codes(done.out), done.err) == (["FSL101"], "")


def test_no_baseline_reports_all(shop: Any) -> None:
    written(shop)
    assert len(codes(check(shop, "--baseline", NAME, "--no-baseline").out)) == 3


def test_another_place_for_the_file(shop: Any) -> None:
    done = shop.fsl("check", "--write-baseline", "--baseline", "ci/known.json")
    assert done.err == "wrote 3 findings to ci/known.json\n"
    assert check(shop, "--baseline", "ci/known.json").code == 0


def test_the_configuration_names_the_file(shop: Any) -> None:
    shop.write({"pyproject.toml": '[tool.fastapi-session-lint]\nbaseline = "ci/known.json"\n'})
    missing = check(shop, cwd="app")
    assert (missing.code, missing.out) == (2, "")
    assert missing.err.endswith("ci/known.json: no such baseline; --write-baseline makes it\n")
    assert shop.fsl("check", "--write-baseline", cwd="app").err == f"wrote 3 findings to {shop.root}/ci/known.json\n"
    assert check(shop, cwd="app") == check(shop) == (0, "All checks passed!\n", "")
    assert len(codes(check(shop, "--no-baseline").out)) == 3
    shop.write({"app/jobs.py": shop.text("app/jobs.py") + LEAK})
    assert codes(check(shop).out) == ["FSL101"]


def test_writing_for_a_part_keeps_the_rest(shop: Any) -> None:
    shop.write({"app/more.py": shop.text("app/jobs.py")})
    written(shop)
    shop.write({"app/more.py": ""})
    assert len(written(shop, "app/more.py")) == 3
    assert check(shop, "--baseline", NAME) == (0, "All checks passed!\n", "")
    assert [one["code"] for one in written(shop, "--select", "FSL101")] == ["FSL101", "FSL102", "FSL501"]


def test_what_is_fixed_is_not_written(shop: Any) -> None:
    assert [one["code"] for one in written(shop, "--fix")] == ["FSL101"]


# --- what is found no more ---


def test_stale_entries_are_told_and_pruned(shop: Any) -> None:
    written(shop)
    shop.fsl("check", "--fix", "--select", "FSL5")
    done = check(shop, "--baseline", NAME)
    assert done.code == 0
    assert done.err == f"{NAME}: 1 entry found no more; --prune-baseline takes it out\n"
    done = check(shop, "--baseline", NAME, "--prune-baseline")
    assert (done.code, done.err) == (0, f"took 1 stale entry out of {NAME}\n")
    assert [one["code"] for one in json.loads(shop.text(NAME))["findings"]] == ["FSL101", "FSL102"]
    assert check(shop, "--baseline", NAME).err == ""


def test_counts_are_pruned(shop: Any) -> None:
    twice = shop.text("app/jobs.py").replace(
        "    db = SessionLocal()\n    return",
        "    db = SessionLocal()\n    db.scalar(select(1))\n    db = SessionLocal()\n    return",
    )
    once = shop.text("app/jobs.py")
    shop.write({"app/jobs.py": twice})
    assert [one["count"] for one in written(shop) if one["code"] == "FSL101"] == [2]
    shop.write({"app/jobs.py": once})
    check(shop, "--baseline", NAME, "--prune-baseline")
    assert [one["count"] for one in json.loads(shop.text(NAME))["findings"]] == [1, 1, 1]


def test_what_was_not_looked_at_is_not_stale(shop: Any) -> None:
    written(shop)
    for arguments in (["app/db.py"], ["--select", "FSL101"], ["--ignore", "FSL5"]):
        assert check(shop, "--baseline", NAME, *arguments).err == ""
    shop.fsl("check", "app/db.py", "--baseline", NAME, "--prune-baseline")
    assert len(json.loads(shop.text(NAME))["findings"]) == 3


def test_files_that_are_gone_are_stale(shop: Any) -> None:
    shop.write({"app/old.py": shop.text("app/jobs.py")})
    written(shop)
    (shop.root / "app/old.py").unlink()
    assert check(shop, "--baseline", NAME, "app/db.py").err.startswith(f"{NAME}: 3 entries found no more")


# --- what must not be tolerated, and mistakes ---


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "no such baseline; --write-baseline makes it"),
        ("{", "no baseline: "),
        ("[]", "no baseline: it has no list `findings`"),
        ('{"version": 1}', "no baseline: it has no list `findings`"),
        ('{"version": 9, "findings": []}', "a baseline of version 9, not 1: write it anew"),
        ('{"version": 1, "findings": [{"count": 1}]}', "finding 1: not of the form path, code, "),
        ('{"version": 1, "findings": [3]}', "finding 1: not of the form path, code, "),
    ],
)
def test_broken_baselines(shop: Any, content: str | None, message: str) -> None:
    if content is not None:
        shop.write({NAME: content})
    done = check(shop, "--baseline", NAME)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert done.err.startswith(f"error: {NAME}: ") and message in done.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("--write-baseline", "--prune-baseline"),
        ("--write-baseline", "--diff-base", "HEAD"),
        ("--no-baseline", "--write-baseline"),
    ],
)
def test_options_that_exclude_each_other(shop: Any, arguments: tuple[str, ...]) -> None:
    done = check(shop, *arguments)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert not (shop.root / NAME).exists()


def test_a_baseline_that_cannot_be_written(shop: Any) -> None:
    done = check(shop, "--write-baseline", "--baseline", "app")
    assert done == (2, "", "error: app: is a directory\n")


def test_every_form_shows_what_is_new(shop: Any) -> None:
    written(shop)
    shop.write({"app/jobs.py": shop.text("app/jobs.py") + LEAK})
    found = json.loads(shop.fsl("check", "--baseline", NAME, "--output-format", "json").out)
    assert [one["code"] for one in found] == ["FSL101"]


# --- formatters ---


def test_reformatted_examples_keep_their_baseline(tmp_path: Path, project: Any) -> None:
    """Every example, laid out by Ruff in another style: nothing is new, and nothing is stale."""
    ruff = shutil.which("ruff") or str(Path(sys.executable).with_name("ruff"))
    if not Path(ruff).exists():
        pytest.skip("Ruff is not installed")
    shutil.copytree(ROOT / "examples", project.root / "examples")
    entries = written(project, "--select", "ALL")
    assert len(entries) > 10
    style = tmp_path / "ruff.toml"
    style.write_text('line-length = 50\nindent-width = 2\nformat.quote-style = "single"')
    subprocess.run([ruff, "format", "--config", str(style), str(project.root)], check=True, capture_output=True)
    assert project.fsl("check", "--select", "ALL", "--baseline", NAME) == (0, "All checks passed!\n", "")


# --- changed lines ---


def git(shop: Any, *arguments: str) -> None:
    who = ("-c", "user.name=n", "-c", "user.email=n@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", "-C", str(shop.root), *who, *arguments], check=True, capture_output=True)


@pytest.fixture
def repository(shop: Any) -> Any:
    git(shop, "init", "-q", "-b", "main")
    git(shop, "add", "-A")
    git(shop, "commit", "-q", "-m", "all")
    return shop


def test_only_changed_lines_are_reported(repository: Any) -> None:
    assert check(repository, "--diff-base", "HEAD") == (0, "All checks passed!\n", "")
    repository.write({"app/jobs.py": "# a line\n" + repository.text("app/jobs.py") + LEAK})
    done = check(repository, "--diff-base", "HEAD")
    assert (done.code, [line.split(" ")[0] for line in done.out.splitlines()[:-2]]) == (1, ["app/jobs.py:22:10:"])
    assert check(repository, "--diff-base", "HEAD", cwd="app").out.startswith("jobs.py:22:10: ")


def test_a_changed_step_of_the_trail_counts(repository: Any) -> None:
    text = repository.text("app/jobs.py").replace(
        "    found = db.scalar(select(1))", "    found = db.scalar(select(2))"
    )
    repository.write({"app/jobs.py": text})
    assert codes(check(repository, "--diff-base", "HEAD").out) == ["FSL102"]


def test_new_and_renamed_files(repository: Any) -> None:
    repository.write({"app/né w.py": repository.text("app/jobs.py")})
    assert len(codes(check(repository, "--diff-base", "HEAD").out.replace("né w", "new"))) == 3
    git(repository, "add", "-A")
    git(repository, "commit", "-q", "-m", "new")
    git(repository, "mv", "app/né w.py", 'app/other "name".py')
    assert check(repository, "--diff-base", "HEAD").code == 0
    path = repository.root / 'app/other "name".py'
    path.write_text(path.read_text() + LEAK)
    assert check(repository, "--diff-base", "HEAD").out.count("FSL101") == 1


def test_what_the_other_side_changed_does_not_count(repository: Any) -> None:
    git(repository, "checkout", "-q", "-b", "mine")
    git(repository, "checkout", "-q", "main")
    repository.write({"app/jobs.py": repository.text("app/jobs.py").replace("-> int", "-> object")})
    git(repository, "commit", "-q", "-a", "-m", "theirs")
    git(repository, "checkout", "-q", "mine")
    assert check(repository, "--diff-base", "main").code == 0
    repository.write({"app/jobs.py": repository.text("app/jobs.py") + LEAK})
    git(repository, "commit", "-q", "-a", "-m", "mine")
    assert codes(check(repository, "--diff-base", "main").out) == ["FSL101"]


def test_a_repository_behind_a_link(repository: Any, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(repository.root)
    repository.write({"app/jobs.py": repository.text("app/jobs.py") + LEAK})
    done = check(repository, "--diff-base", "HEAD", str(tmp_path / "link" / "app"))
    assert codes(done.out) == ["FSL101"]


@pytest.mark.parametrize("revision", ["nowhere", "--help", "HEAD~9"])
def test_unknown_revision(repository: Any, revision: str) -> None:
    done = check(repository, f"--diff-base={revision}")
    assert (done.code, done.out, done.err) == (2, "", f"error: unknown revision `{revision}`\n")


def test_without_a_repository(shop: Any) -> None:
    done = check(shop, "--diff-base", "HEAD", GIT_CEILING_DIRECTORIES=str(shop.root.parent), LC_ALL="C")
    assert (done.code, done.out) == (2, "")
    assert "not a git repository" in done.err
    done = check(shop, "--diff-base", "HEAD", PATH="/nowhere")
    assert done == (2, "", "error: git cannot be run: no such file or directory\n")
