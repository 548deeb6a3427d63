"""benchmarks/accuracy/score.py: how labels are met, and how commits are read out of clones."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "benchmarks" / "accuracy" / "score.py"
HEADER = "repo\tcommit\tpath\tline\trule\tnear_rule\tconfidence\twhy"
CODE = 'session = 1  # line 1\nname = "x"\n'
CHECKER = """
import json, pathlib, sys
assert pathlib.Path("app.py").is_file() and not pathlib.Path("logo.svg").exists()
found = json.loads(pathlib.Path(sys.argv[0]).with_name("found.json").read_text())
print(json.dumps([{"filename": f, "code": c, "location": {"row": r, "column": 1}} for f, r, c in found]))
sys.exit(1 if found else 0)
"""


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")
    line = ["git", *identity, "-C", str(folder), *arguments]
    return subprocess.run(line, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    """A plain clone of owner/name with one commit."""
    clone = tmp_path / "mirror" / "owner+name"
    clone.mkdir(parents=True)
    git(clone, "init", "--quiet")
    (clone / "app.py").write_text(CODE)
    (clone / "logo.svg").write_text("<svg/>")
    git(clone, "add", ".")
    git(clone, "commit", "--quiet", "-m", "x")
    return clone.parent


def score(mirror: Path, rows: list[str], found: list[tuple[str, int, str]], *options: str) -> list[str]:
    """The lines of the score, given labels as `line rule near_rule confidence why` and the checker's findings."""
    commit = git(mirror / "owner+name", "rev-parse", "HEAD") if (mirror / "owner+name" / ".git").exists() else ""
    commit = commit or git(mirror / "owner+name" / "repo", "rev-parse", "HEAD")
    labels = mirror.parent / "labels.tsv"
    table = [row.split(maxsplit=4) for row in rows]
    lines = ["\t".join(["owner/name", commit, "app.py", *[cell.replace("-", "") for cell in row]]) for row in table]
    labels.write_text("\n".join([HEADER, *lines]) + "\n")
    checker = mirror.parent / "checker.py"
    checker.write_text(CHECKER)
    checker.with_name("found.json").write_text(repr([list(one) for one in found]).replace("'", '"'))
    fsl = shlex.join([sys.executable, str(checker)])
    line = [sys.executable, str(SCRIPT), str(labels), "--mirror", str(mirror), "--fsl", fsl]
    done = subprocess.run(
        [*line, "--work", str(mirror.parent / "work"), *options], capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


def totals(lines: list[str]) -> str:
    return lines[-1].rpartition(";")[0]


@pytest.mark.parametrize(("row", "met"), [(8, 1), (10, 1), (12, 1), (7, 0), (13, 0)])
def test_defect_is_met_within_two_lines(mirror: Path, row: int, met: int) -> None:
    lines = score(mirror, ["10 FSL101 - high leaks"], [("app.py", row, "FSL101")])
    assert totals(lines).startswith(f"recall {met}/1 = {met}.000")


def test_other_rule_or_file_does_not_meet(mirror: Path) -> None:
    found = [("app.py", 10, "FSL102"), ("other.py", 10, "FSL101")]
    lines = score(mirror, ["10 FSL101 - high leaks"], found)
    assert totals(lines) == (
        "recall 0/1 = 0.000 (macro 0.000 over 1 rules); traps kept 0/0 = -; "
        "of the findings without a label 0 right, 0 wrong, 0 arguable, 2 not read"
    )


def test_trap_with_a_finding_is_a_false_alarm(mirror: Path) -> None:
    rows = ["10 clean FSL101 high closed", "30 clean FSL101 high closed", "50 clean FSL101 medium closed"]
    lines = score(mirror, rows, [("app.py", 10, "FSL101"), ("app.py", 50, "FSL101")], "--show")
    assert "traps kept 1/2 = 0.500; of the findings without a label 0 right, 0 wrong, 0 arguable, 0 not" in totals(
        lines
    )
    assert "FALSE\towner/name\tapp.py:10\tFSL101\tclosed" in lines
    assert not any("app.py:50" in line for line in lines)


def test_trap_beside_a_defect_is_not_broken_by_the_defect(mirror: Path) -> None:
    rows = ["10 FSL101 - high leaks", "11 clean FSL101 high closed"]
    assert "traps kept 1/1" in totals(score(mirror, rows, [("app.py", 10, "FSL101")]))
    assert "traps kept 0/1" in totals(score(mirror, rows, [("app.py", 11, "FSL101")]))
    assert "traps kept 0/1" in totals(score(mirror, rows, [("app.py", 12, "FSL101")]))


def test_medium_rows_and_second_rows_of_a_defect_cost_nothing(mirror: Path) -> None:
    rows = ["10 FSL101 - medium arguable", "20 FSL101 - high dup of line 10", "30 ambiguous FSL101 high both"]
    assert totals(score(mirror, rows, [])).startswith("recall 0/0")
    found = [("app.py", 10, "FSL101"), ("app.py", 20, "FSL101"), ("app.py", 30, "FSL101")]
    (row,) = [line.split() for line in score(mirror, rows, found) if line.startswith("FSL101")]
    assert row == ["FSL101", "0", "0", "2", *["0"] * 6, "-", "-"]


def test_macro_is_the_mean_over_rules(mirror: Path) -> None:
    rows = [*(f"{line} FSL401 - high blocks" for line in (10, 20, 30)), "40 FSL101 - high leaks"]
    found = [("app.py", line, "FSL401") for line in (10, 20, 30)]
    assert totals(score(mirror, rows, found)).startswith("recall 3/4 = 0.750 (macro 0.500 over 2 rules)")


def test_missed_and_unlabelled_are_listed(mirror: Path) -> None:
    lines = score(mirror, ["10 FSL101 - high leaks {here}"], [("app.py", 40, "FSL101")], "--show")
    assert "MISSED\towner/name\tapp.py:10\tFSL101\tleaks {here}" in lines
    assert "UNREAD\towner/name\tapp.py:40\tFSL101" in lines


def test_findings_without_a_label_count_as_they_were_read(mirror: Path) -> None:
    commit = git(mirror / "owner+name", "rev-parse", "HEAD")
    verdicts = {10: "right", 20: "right", 30: "wrong", 40: "arguable"}
    readings = mirror.parent / "readings.tsv"
    lines = [f"owner/name\t{commit}\tapp.py\t{row}\tFSL101\t{verdict}\tso" for row, verdict in verdicts.items()]
    readings.write_text("\n".join(["repo\tcommit\tpath\tline\trule\tverdict\twhy", *lines]) + "\n")
    found = [("app.py", row, "FSL101") for row in (*verdicts, 50)]
    out = score(mirror, ["1 FSL102 - high leaks"], found, "--show", "--readings", str(readings))
    assert "of the findings without a label 2 right, 1 wrong, 1 arguable, 1 not read" in totals(out)
    assert [line.split("\t")[0] for line in out if "\tapp.py:" in line] == ["MISSED", "WRONG", "ARGUABLE", "UNREAD"]
    (row,) = [line.split() for line in out if line.startswith("FSL101")]
    assert row[-2:] == ["-", "0.67"]


def test_bare_clone_in_a_folder_called_repo(mirror: Path) -> None:
    plain = mirror / "owner+name"
    git(mirror, "clone", "--quiet", "--bare", str(plain), str(mirror / "bare"))
    plain.rename(mirror / "gone")
    (mirror / "owner+name").mkdir()
    (mirror / "bare").rename(mirror / "owner+name" / "repo")
    lines = score(mirror, ["1 FSL101 - high leaks"], [("app.py", 1, "FSL101")])
    assert totals(lines).startswith("recall 1/1")


def test_absent_repository_is_named_and_left_out(mirror: Path) -> None:
    labels = mirror.parent / "labels.tsv"
    labels.write_text(f"{HEADER}\nowner/absent\t{'0' * 40}\tapp.py\t1\tFSL101\t\thigh\tleaks\n")
    line = [sys.executable, str(SCRIPT), str(labels), "--mirror", str(mirror), "--work", str(mirror.parent / "work")]
    done = subprocess.run(line, capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines()[0] == f"# not here: owner/absent@{'0' * 10}"
    assert "recall 0/0" in done.stdout
