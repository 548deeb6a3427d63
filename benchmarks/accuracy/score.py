"""Score `fsl check` on labelled public repositories.

    python benchmarks/accuracy/score.py benchmarks/accuracy/dev.tsv --mirror DIR

What the columns of a label file mean, how a label is met and what the figures say stands in README.md beside this file.
"""

from __future__ import annotations

import argparse
import csv
import json
import shlex
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from checkouts import unpack

TOLERANCE = 2
"""How many lines a finding may stand away from its label."""

TALLIES = ("hit", "missed", "medium", "kept", "false", "right", "wrong", "arguable", "unread")
READINGS = Path(__file__).with_name("readings.tsv")

Findings = dict[tuple[str, str], list[int]]
"""The rows of the findings, by path within the repository and code."""

Readings = dict[tuple[str, str, str, int, str], tuple[str, str]]
"""What was read of findings that no label speaks of: (repo, commit, path, row, code) to (verdict, why)."""


@dataclass(frozen=True, slots=True)
class Label:
    """One row of a label file. `kind` is a rule's code, "clean" (a trap) or "ambiguous"."""

    repo: str
    commit: str
    path: str
    row: int
    kind: str
    near_rule: str
    confidence: str
    why: str

    @property
    def code(self) -> str:
        """The rule that the label speaks of."""
        return self.near_rule if self.kind in ("clean", "ambiguous") else self.kind

    @property
    def is_sibling(self) -> bool:
        """Whether another row stands for the same defect, so that missing this one costs nothing."""
        return self.why.startswith(("dup of", "same handler"))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one label, or one finding that no label speaks of, adds to the figures.

    `tally` None adds nothing. `word` heads the line that --show prints, with `place` (path:row) and `why`.
    """

    tally: str | None
    code: str
    word: str = ""
    place: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """What one run of the checker gave; `problem` says in one line why it gave less than it should."""

    items: list[dict[str, Any]]
    seconds: float
    problem: str


def read_labels(paths: Iterable[Path], part_of_name: str | None) -> dict[tuple[str, str], list[Label]]:
    """The labels of all files by (repository, commit); with `part_of_name` only those of repositories so named."""
    labels: dict[tuple[str, str], list[Label]] = defaultdict(list)
    for path in paths:
        with path.open(newline="", encoding="utf-8") as lines:
            for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
                if part_of_name and part_of_name not in row["repo"]:
                    continue
                labels[row["repo"], row["commit"]].append(_label(row))
    return labels


def _label(row: dict[str, str]) -> Label:
    return Label(
        repo=row["repo"],
        commit=row["commit"],
        path=row["path"],
        row=int(row["line"] or 0),
        kind=row["rule"],
        near_rule=row["near_rule"],
        confidence=row["confidence"],
        why=row["why"],
    )


def read_readings(path: Path) -> Readings:
    """The verdicts of a file of readings; none where there is no such file."""
    if not path.exists():
        return {}
    with path.open(newline="", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    return {
        (row["repo"], row["commit"], row["path"], int(row["line"]), row["rule"]): (row["verdict"], row["why"])
        for row in rows
    }


def run_checker(command: Sequence[str], root: Path, select: str) -> Run:
    """Check one repository from its root, with no configuration but the selection."""
    line = [*command, "check", ".", "--output-format", "json", "--isolated", "--select", select]
    start = time.perf_counter()
    done = subprocess.run(line, cwd=root, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - start
    problem = "" if done.returncode in (0, 1) else f"exit {done.returncode}: {done.stderr.strip()[-200:]}"
    try:
        return Run(json.loads(done.stdout or "[]"), seconds, problem)
    except json.JSONDecodeError:
        return Run([], seconds, f"no JSON, exit {done.returncode}: {done.stderr.strip()[-200:]}")


def by_place(items: Iterable[dict[str, Any]], root: Path) -> Findings:
    """The findings of one run by path and code."""
    findings: Findings = defaultdict(list)
    for item in items:
        path = Path(item["filename"])
        if path.is_absolute():
            path = path.resolve().relative_to(root.resolve())
        findings[str(path), item["code"]].append(item["location"]["row"])
    return findings


def judge(labels: Sequence[Label], findings: Findings, readings: Readings) -> Iterator[Verdict]:
    """A verdict for each label, then one for each finding that no label speaks of: how it was read, if it was."""
    repo, commit = labels[0].repo, labels[0].commit
    spoken: set[tuple[str, str, int]] = set()
    defects = {(one.path, one.code, one.row) for one in labels if one.kind not in ("clean", "ambiguous")}
    for label in labels:
        near = [row for row in findings.get((label.path, label.code), ()) if abs(row - label.row) <= TOLERANCE]
        if label.kind == "clean":  # what stands on a defect's very line is meant for that one
            near = [row for row in near if row == label.row or (label.path, label.code, row) not in defects]
        spoken.update((label.path, label.code, row) for row in near)
        yield judge_label(label, found=bool(near))
    for (path, code), rows in sorted(findings.items()):
        for row in rows:
            if (path, code, row) not in spoken:
                verdict, why = readings.get((repo, commit, path, row, code), ("unread", ""))
                yield Verdict(verdict, code, "" if verdict == "right" else verdict.upper(), f"{path}:{row}", why)


def judge_label(label: Label, *, found: bool) -> Verdict:
    """What a label adds, given whether a finding meets it."""
    code, place = label.code, f"{label.path}:{label.row}"
    is_high = label.confidence == "high"
    if label.kind == "ambiguous":
        return Verdict(None, code)
    if label.kind == "clean":
        alarm = Verdict("false", code, "FALSE", place, label.why) if is_high else Verdict(None, code)
        return alarm if found else Verdict("kept", code)
    if is_high and not label.is_sibling:
        return Verdict("hit", code) if found else Verdict("missed", code, "MISSED", place, label.why)
    return Verdict("medium" if found else None, code)


def table(tallies: dict[str, Counter[str]], seconds: float) -> Iterator[str]:
    """The lines of the table by rule, and the line of totals."""
    yield f"{'rule':8}" + "".join(f"{name:>9}" for name in tallies) + f"{'recall':>9}{'precision':>11}"
    recalls = []
    for code in sorted({code for counter in tallies.values() for code in counter}):
        counts = {name: counter[code] for name, counter in tallies.items()}
        recall = share(counts["hit"], counts["missed"])
        if recall != "-":
            recalls.append(counts["hit"] / (counts["hit"] + counts["missed"]))
        precision = share(counts["right"], counts["wrong"])
        yield f"{code:8}" + "".join(f"{count:9}" for count in counts.values()) + f"{recall:>9}{precision:>11}"
    hit, missed, kept, false, right, wrong, arguable, unread = (
        tallies[name].total() for name in TALLIES if name != "medium"
    )
    yield (
        f"recall {hit}/{hit + missed} = {share(hit, missed, 3)} "
        f"(macro {sum(recalls) / max(len(recalls), 1):.3f} over {len(recalls)} rules); "
        f"traps kept {kept}/{kept + false} = {share(kept, false, 3)}; "
        f"of the findings without a label {right} right, {wrong} wrong, {arguable} arguable, {unread} not read; "
        f"{seconds:.1f} s"
    )


def share(good: int, bad: int, digits: int = 2) -> str:
    """The good as a share of all, a dash where there are none."""
    return f"{good / (good + bad):.{digits}f}" if good + bad else "-"


def score(labels: dict[tuple[str, str], list[Label]], arguments: argparse.Namespace) -> None:
    """Check each repository, and print what was found there and then the table."""
    tallies: dict[str, Counter[str]] = {name: Counter() for name in TALLIES}
    readings = read_readings(arguments.readings)
    seconds = 0.0
    for (repo, commit), rows in sorted(labels.items()):
        root = unpack(arguments.mirror, repo, commit, arguments.work)
        if root is None:
            print(f"# not here: {repo}@{commit[:10]}")
            continue
        run = run_checker(shlex.split(arguments.fsl), root, arguments.select)
        seconds += run.seconds
        print(f"# {repo}: {len(run.items)} findings in {run.seconds:.1f} s {run.problem}", flush=True)
        for verdict in judge(rows, by_place(run.items, root), readings):
            if verdict.tally is not None:
                tallies[verdict.tally][verdict.code] += 1
            if verdict.word and arguments.show:
                shown = (verdict.word, repo, verdict.place, verdict.code, verdict.why)
                print("\t".join(filter(None, shown)))
    print(*table(tallies, seconds), sep="\n")


def main() -> int:
    """Read the arguments and score."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("labels", type=Path, nargs="+", help="label files")
    parser.add_argument("--mirror", type=Path, required=True, help="the folder with the clones, as OWNER+NAME")
    parser.add_argument("--fsl", default="fsl", help="the command to score, as `python -m fastapi_session_lint`")
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir(), "fsl-corpus"), help="unpacked commits")
    parser.add_argument("--select", default="ALL", help="codes or prefixes to run")
    parser.add_argument("--readings", type=Path, default=READINGS, help="how findings without a label were judged")
    parser.add_argument("--repo", help="only repositories whose name contains this")
    parser.add_argument("--show", action="store_true", help="list the missed, false, wrong, arguable and unread places")
    arguments = parser.parse_args()
    score(read_labels(arguments.labels, arguments.repo), arguments)
    return 0


if __name__ == "__main__":
    sys.exit(main())
