"""What a check costs after a real change, and whether it finds what one from scratch finds.

    python benchmarks/history.py CLONE [CLONE ...]

Each clone, bare or not, gives `--commits` of its commits that change one to five Python files and neither add nor
remove any. What stood before a commit is checked twice, then what the commit made of it with the same cache, and
without any. A line tells of each how many times as long as an unchanged run it took, by the processor, and whether
anything was judged. The exit code is 1 when findings differ.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import statistics
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
MOST_FILES = 5
RECENT = 2500
JUDGED = "judged anew"
CHECK = f"""
import sys
from fastapi_session_lint.__main__ import main
try:
    main()
finally:
    if "fastapi_session_lint.judge" in sys.modules:
        print("{JUDGED}", file=sys.stderr)
"""


class Run(NamedTuple):
    """One check: what it printed, the seconds of the processor that it took, and whether anything was judged."""

    output: bytes
    seconds: float
    judged: bool


class Change(NamedTuple):
    """What a commit does to the Python files of the one before it."""

    commit: str
    parent: str
    paths: tuple[str, ...]
    rows: int


def git(clone: Path, *arguments: str) -> bytes:
    """What a command of Git prints about a clone."""
    command = ["git", "--git-dir", str(clone if (clone / "HEAD").exists() else clone / ".git"), *arguments]
    return subprocess.run(command, check=True, capture_output=True).stdout


def changes(clone: Path) -> Iterator[Change]:
    """The commits of the last years that are asked for, in an order that is random and always the same."""
    listed = git(clone, "rev-list", "--no-merges", "--parents", f"--max-count={RECENT}", "HEAD").decode().splitlines()
    pairs = [line.split() for line in listed if line.count(" ") == 1]
    random.Random(1).shuffle(pairs)
    for commit, parent in pairs:
        changed = git(clone, "diff", "--no-renames", "--name-status", "-z", parent, commit, "--", "*.py").split(b"\0")
        kinds, paths = changed[:-1:2], tuple(path.decode() for path in changed[1::2])
        if 0 < len(paths) <= MOST_FILES and set(kinds) == {b"M"}:
            counts = git(clone, "diff", "--no-renames", "--numstat", parent, commit, "--", "*.py").decode().splitlines()
            yield Change(commit, parent, paths, sum(int(n) for line in counts for n in line.split()[:2]))


def check(tree: Path, *options: str) -> Run:
    """One check of a tree by one process."""
    command = [sys.executable, "-c", CHECK, "check", "--exit-zero", "-q", "--output-format", "json", "--jobs", "1"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # who judges would be charged with compiling all modules
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([*command, *options, "."], cwd=tree, env=environment, capture_output=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        sys.exit(f"{tree}: exit {done.returncode}\n{done.stderr.decode()[-2000:]}")
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Run(done.stdout, seconds, JUDGED in done.stderr.decode())


def measured(clone: Path, change: Change) -> tuple[float, bool, bool]:
    """How many times as long the check after a change takes, whether it judges, and whether it finds what is there."""
    with tempfile.TemporaryDirectory() as scratch:
        tree, cache = Path(scratch, "tree"), str(Path(scratch, "cache"))
        with tarfile.open(fileobj=BytesIO(git(clone, "archive", change.parent))) as archive:
            archive.extractall(tree, filter="data")
        (tree / ".git").mkdir()  # its top is that of a project
        check(tree, "--cache-dir", cache)
        unchanged = check(tree, "--cache-dir", cache)
        for path in change.paths:
            (tree / path).write_bytes(git(clone, "cat-file", "blob", f"{change.commit}:{path}"))
        changed = check(tree, "--cache-dir", cache)
        scratch_run = check(tree, "--no-cache")
        return changed.seconds / unchanged.seconds, changed.judged, changed.output == scratch_run.output


def of_clone(clone: Path, most: int) -> Iterator[tuple[float, bool, bool]]:
    """The measures of some commits of a clone, each printed as it is taken."""
    for number, change in enumerate(changes(clone)):
        if number == most:
            return
        ratio, judged, is_same = measured(clone, change)
        how = "judged" if judged else "known"
        wrong = "" if is_same else ", OTHER FINDINGS"
        print(
            f"  {change.commit[:8]} {len(change.paths)} files, {change.rows} rows: {ratio:.1f}, {how}{wrong}",
            flush=True,
        )
        yield ratio, judged, is_same


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the arguments; see the module's text."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clones", nargs="+", type=Path, metavar="CLONE")
    parser.add_argument("--commits", type=int, default=14, help="so many of each clone")
    options = parser.parse_args(arguments)
    found: list[tuple[float, bool, bool]] = []
    for clone in options.clones:
        print(clone)
        found += of_clone(clone, options.commits)
    if not found:
        sys.exit("no commits")
    ratios = sorted(ratio for ratio, _, _ in found)
    known, different = sum(not judged for _, judged, _ in found), sum(not same for _, _, same in found)
    print(
        f"{len(found)} commits: {known} known from before, the others judged; the median takes"
        f" {statistics.median(ratios):.1f} times an unchanged run, the longest {ratios[-1]:.1f}; {different} differ"
    )
    sys.exit(1 if different else 0)


if __name__ == "__main__":
    main()
