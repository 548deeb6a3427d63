"""Fix copies of the labelled repositories, and hold the results to what a fix promises.

    python benchmarks/accuracy/fixes.py benchmarks/accuracy/dev.tsv --mirror DIR --diffs OUT

What is held and what the figures say stands in README.md beside this file.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import json
import shlex
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from checkouts import unpack
from score import READINGS, TOLERANCE, Label, by_place, judge, read_labels, read_readings

KINDS = ("safe", "unsafe", "display", "none")
FIX = ("--fix", "--unsafe-fixes")


@dataclass(frozen=True, slots=True)
class Run:
    """What one run of the command gave: the findings as JSON, and what it said on standard error."""

    items: list[dict[str, Any]]
    complaint: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """A repository before and after its fixes: the findings, the texts by path, and what was not as promised."""

    before: Run
    old: Mapping[str, bytes]
    new: Mapping[str, bytes]
    broken: tuple[str, ...]


def run(command: Sequence[str], root: Path, *options: str) -> Run:
    """Run `check .` with these options from the root of a repository. Raises RuntimeError where it gives no report."""
    line = [*command, "check", ".", "--isolated", "--output-format", "json", *options]
    done = subprocess.run(line, cwd=root, capture_output=True, text=True, check=False)
    try:
        return Run(json.loads(done.stdout), done.stderr.strip())
    except json.JSONDecodeError as error:
        raise RuntimeError(f"{shlex.join(line)}: exit {done.returncode}: {done.stderr.strip()}") from error


def fixed(command: Sequence[str], root: Path, select: str) -> Outcome:
    """Fix what is in a folder, and fix it again."""
    chosen = ("--select", select)
    before, old = run(command, root, *chosen), texts(root)
    once, new = run(command, root, *chosen, *FIX), texts(root)
    again, newest = run(command, root, *chosen, *FIX), texts(root)
    broken = [f"complaint: {one.complaint}" for one in (once, again) if one.complaint]
    broken += [f"does not parse: {path}" for path in new if parses(old[path]) and not parses(new[path])]
    broken += [f"a second run changes it: {path}" for path in new if new[path] != newest[path]]
    appeared = counted(again, root) - counted(before, root)
    broken += [f"new: {code} in {path} (+{count})" for (path, code), count in sorted(appeared.items())]
    return Outcome(before, old, new, tuple(broken))


def texts(root: Path) -> dict[str, bytes]:
    """The Python files below a folder, by path inside it."""
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*.py")) if path.is_file()}


def parses(data: bytes) -> bool:
    """Whether this Python can read a file."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            ast.parse(data)
        except (SyntaxError, ValueError):
            return False
    return True


def counted(one: Run, root: Path) -> Counter[tuple[str, str]]:
    """How many findings there are by path and code."""
    return Counter({place: len(rows) for place, rows in by_place(one.items, root).items()})


def diffs(outcome: Outcome) -> Iterator[str]:
    """What was changed, as unified diffs."""
    for path, data in outcome.new.items():
        before, after = (one.decode(errors="replace").splitlines(keepends=True) for one in (outcome.old[path], data))
        yield from difflib.unified_diff(before, after, path, path, n=6)


def offers(
    items: Iterable[dict[str, Any]], wrong: Iterable[tuple[str, str, int]], root: Path
) -> Counter[tuple[str, str]]:
    """How many findings offer which kind of fix, by code and kind; those at wrong places (path, code, row) left out."""
    places = list(wrong)
    found: Counter[tuple[str, str]] = Counter()
    for item in items:
        path, row = str(Path(item["filename"]).resolve().relative_to(root.resolve())), item["location"]["row"]
        if not any((path, item["code"]) == one[:2] and abs(one[2] - row) <= TOLERANCE for one in places):
            found[item["code"], item["fix"]["applicability"] if item["fix"] else "none"] += 1
    return found


def wrong_places(labels: Sequence[Label], one: Run, root: Path) -> Iterator[tuple[str, str, int]]:
    """The places of findings that a label or a reading calls wrong."""
    for verdict in judge(labels, by_place(one.items, root), read_readings(READINGS)):
        if verdict.tally in ("false", "wrong"):
            path, _, row = verdict.place.rpartition(":")
            yield path, verdict.code, int(row)


def table(found: Counter[tuple[str, str]]) -> Iterator[str]:
    """The lines of the table by rule: how many true findings have a fix, and which share one that is applied."""
    yield f"{'rule':8}" + "".join(f"{kind:>9}" for kind in KINDS) + f"{'applied':>9}"
    for code in sorted({code for code, kind in found if kind != "none"}):
        counts = [found[code, kind] for kind in KINDS]
        yield f"{code:8}" + "".join(f"{count:9}" for count in counts) + f"{sum(counts[:2]) / sum(counts):9.2f}"


def fix_all(labels: Mapping[tuple[str, str], Sequence[Label]], arguments: argparse.Namespace) -> int:
    """Fix a copy of each repository, and print what is broken and the table; 1 when anything is broken."""
    command = shlex.split(arguments.fsl)
    found: Counter[tuple[str, str]] = Counter()
    is_broken = False
    for (repo, commit), rows in sorted(labels.items()):
        checkout = unpack(arguments.mirror, repo, commit, arguments.work)
        if checkout is None:
            print(f"# not here: {repo}@{commit[:10]}")
            continue
        with tempfile.TemporaryDirectory(prefix="fsl-fixes-") as folder:
            root = Path(folder, checkout.name)
            shutil.copytree(checkout, root)
            outcome = fixed(command, root, arguments.select)
            found += offers(outcome.before.items, wrong_places(rows, outcome.before, root), root)
        changed = sum(outcome.old[path] != outcome.new[path] for path in outcome.new)
        print(f"# {repo}: {changed} files changed", *outcome.broken, sep="\n    ", flush=True)
        is_broken |= bool(outcome.broken)
        if arguments.diffs is not None:
            arguments.diffs.mkdir(parents=True, exist_ok=True)
            (arguments.diffs / f"{checkout.name}.diff").write_text("".join(diffs(outcome)), encoding="utf-8")
    print(*table(found), sep="\n")
    return int(is_broken)


def main() -> int:
    """Read the arguments and fix; the exit code is 1 when a promise is broken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("labels", type=Path, nargs="+", help="label files")
    parser.add_argument("--mirror", type=Path, required=True, help="the folder with the clones, as OWNER+NAME")
    parser.add_argument("--fsl", default="fsl", help="the command, as `python -m fastapi_session_lint`")
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir(), "fsl-corpus"), help="unpacked commits")
    parser.add_argument("--select", default="ALL", help="codes or prefixes to fix")
    parser.add_argument("--repo", help="only repositories whose name contains this")
    parser.add_argument("--diffs", type=Path, help="a folder for the diff of each repository")
    arguments = parser.parse_args()
    return fix_all(read_labels(arguments.labels, arguments.repo), arguments)


if __name__ == "__main__":
    sys.exit(main())
