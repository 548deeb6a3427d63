"""How a cold `fsl check` of a tree compares with parsing alone: libcst, and `ast`, over the same files.

    python benchmarks/parse_bound.py TREE

Every contender is a process of its own, the rounds are interleaved and each figure is a median, so that the ratios hold
on a busy machine. "Whole" is the wall time of the process, with the start of the interpreter and the imports. "Parsing"
is the time within it for nothing but the parse calls, on bytes that were read before; each tree is dropped at once.
"""

from __future__ import annotations

import argparse
import ast
import gc
import os
import platform
import shlex
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from fastapi_session_lint.settings import DEFAULT_EXCLUDE  # noqa: E402  # found by the line above

PARSERS = ("libcst", "libcst-no-gc", "ast")
TITLES = {
    "libcst": "libcst.parse_module",
    "libcst-no-gc": "libcst.parse_module, collector off",
    "ast": "ast.parse",
}


class Contender(NamedTuple):
    """A command to time; what it prints on its last line is its parsing time, if it `parses` only."""

    title: str
    command: tuple[str, ...]
    parses: bool


class Times(NamedTuple):
    """The seconds of one run; `parsing` None where it is not known."""

    whole: float
    parsing: float | None


def files_of(tree: Path) -> list[Path]:
    """The Python files of a tree, without the folders that are excluded by default."""
    excluded = frozenset(DEFAULT_EXCLUDE)
    return [path for path in sorted(tree.rglob("*.py")) if not excluded & set(path.relative_to(tree).parts)]


def parse_all(parser: str, tree: Path) -> float:
    """The seconds that a parser takes for the files of a tree; those that it cannot parse count as well."""
    contents = [path.read_bytes() for path in files_of(tree)]
    parse = _parse_function(parser)
    if parser == "libcst-no-gc":
        gc.disable()
    start = time.perf_counter()
    for content in contents:
        parse(content)
    return time.perf_counter() - start


def _parse_function(parser: str) -> Callable[[bytes], object]:
    warnings.simplefilter("ignore")
    if parser == "ast":
        return _forgiving(ast.parse, (SyntaxError, ValueError))
    import libcst  # the contender `ast` must not pay for it

    return _forgiving(libcst.parse_module, (libcst.ParserSyntaxError, UnicodeDecodeError))


def _forgiving(parse: Callable[[bytes], object], errors: tuple[type[Exception], ...]) -> Callable[[bytes], object]:
    def attempt(content: bytes) -> object:
        try:
            return parse(content)
        except errors:
            return None

    return attempt


def contenders(tree: Path, fsl: Sequence[str]) -> list[Contender]:
    """`fsl check` and the parsers, in the order in which they are shown."""
    check = (*fsl, "check", str(tree), "--isolated", "--no-cache", "--exit-zero", "--output-format", "json")
    own = (sys.executable, __file__, str(tree), "--parse-with")
    return [
        Contender("fsl check, cold", check, parses=False),
        *(Contender(TITLES[parser], (*own, parser), parses=True) for parser in PARSERS),
    ]


def run(contender: Contender) -> Times:
    """Run a contender once; a command that fails ends the benchmark."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))}
    start = time.perf_counter()
    done = subprocess.run(contender.command, capture_output=True, text=True, env=environment, check=False)
    whole = time.perf_counter() - start
    if done.returncode:
        sys.exit(f"{shlex.join(contender.command)}: exit {done.returncode}\n{done.stderr.strip()[-2000:]}")
    return Times(whole, float(done.stdout.split()[-1]) if contender.parses else None)


def measure(runners: Sequence[Contender], rounds: int) -> dict[str, list[Times]]:
    """The times of each contender by title, after one round that fills the system's file cache."""
    times: dict[str, list[Times]] = {one.title: [] for one in runners}
    for number in range(rounds + 1):
        for one in runners:
            taken = run(one)
            if number:
                times[one.title].append(taken)
    return times


def report(times: dict[str, list[Times]], tree: Path) -> None:
    """Print the table: medians, the spread, and how many times the parsing time and the whole time of libcst it is."""
    files = files_of(tree)
    lines = sum(path.read_bytes().count(b"\n") for path in files)
    rounds = len(next(iter(times.values())))
    print(f"{tree}: {len(files)} files, {lines} lines; median of {rounds} interleaved rounds")
    print(
        f"Python {platform.python_version()}, libcst {version('libcst')}, {platform.machine()}, {os.cpu_count()} cores"
    )
    whole = statistics.median(one.whole for one in times[TITLES["libcst"]])
    parsing = statistics.median(one.parsing or 0.0 for one in times[TITLES["libcst"]])
    print()
    print("| | whole, s | min-max | parsing, s | whole / libcst parsing | whole / libcst whole |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for title, taken in times.items():
        seconds = sorted(one.whole for one in taken)
        middle = statistics.median(seconds)
        within = [one.parsing for one in taken if one.parsing is not None]
        inner = f"{statistics.median(within):.2f}" if within else ""
        spread = f"{seconds[0]:.2f}-{seconds[-1]:.2f}"
        print(f"| {title} | {middle:.2f} | {spread} | {inner} | {middle / parsing:.2f} | {middle / whole:.2f} |")


def main() -> int:
    """Measure and print; with --parse-with be one of the contenders."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tree", type=Path, help="the folder to check")
    parser.add_argument("--rounds", type=int, default=5, help="how often each contender runs")
    parser.add_argument("--fsl", default=f"{shlex.quote(sys.executable)} -m fastapi_session_lint", help="the command")
    parser.add_argument("--parse-with", choices=PARSERS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    tree: Path = options.tree.resolve()
    if not files_of(tree):
        parser.error(f"{tree} holds no Python files")
    if options.rounds < 1:
        parser.error("--rounds must be 1 or more")
    if options.parse_with:
        print(parse_all(options.parse_with, tree))
    else:
        report(measure(contenders(tree, shlex.split(options.fsl)), options.rounds), tree)
    return 0


if __name__ == "__main__":
    sys.exit(main())
