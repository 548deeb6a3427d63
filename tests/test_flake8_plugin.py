"""The plugin inside the real flake8: what it reports is what `fsl check` reports for the same paths."""

from __future__ import annotations

import multiprocessing
import re
from pathlib import Path
from typing import Any

import pytest

from fastapi_session_lint.settings import Place, options

ROOT = Path(__file__).parents[1]
ONLY_OURS = ("--select", "FSL")


def flake8(project: Any, *arguments: str, config: str = "", **options: Any) -> Any:
    """What flake8 says in a project."""
    project.set_up_flake8(config)
    return project.python("-m", "flake8", *arguments, **options)


def lines(out: str) -> list[str]:
    return sorted(line.removeprefix("./") for line in out.splitlines())


def check(project: Any, *arguments: str) -> list[str]:
    return sorted(project.fsl("check", "-q", "--output-format", "concise", *arguments).out.splitlines())


def test_entry_point_is_declared() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    assert '[project.entry-points."flake8.extension"]\nFSL = "fastapi_session_lint.flake8_plugin:Plugin"' in text


@pytest.mark.parametrize("jobs", ["1", "2"])
@pytest.mark.parametrize(
    "paths", [[], ["."], ["app"], ["app/jobs.py"], ["app/jobs.py", "app/more.py", "build/x.py"], ["app/db.py"]]
)
def test_same_lines_as_the_command(shop: Any, jobs: str, paths: list[str]) -> None:
    shop.write({"app/more.py": shop.text("app/jobs.py"), "build/x.py": shop.text("app/jobs.py")})
    expected = check(shop, *paths)
    done = flake8(shop, "-j", jobs, *ONLY_OURS, *paths)
    assert (lines(done.out), done.err) == (expected, "")
    assert done.code == bool(expected)


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_same_lines_on_the_example(project: Any, jobs: str) -> None:
    example = str(ROOT / "examples" / "bookshop")
    expected = check(project, example)
    assert len(expected) > 10
    assert lines(flake8(project, "-j", jobs, *ONLY_OURS, example).out) == expected


def test_other_checks_go_on_beside_it(shop: Any) -> None:
    done = flake8(shop, "app/jobs.py")
    assert re.findall(r" ([A-Z]+\d+) ", done.out) == ["FSL501", "FSL101", "FSL102"]
    shop.write({"app/jobs.py": "import os\n" + shop.text("app/jobs.py")})
    assert " F401 " in flake8(shop, "app/jobs.py").out


# --- rules that are off ---


@pytest.fixture
def saver(project: Any) -> Any:
    """A project with nothing but an FSL209, which is off by default."""
    text = "from sqlalchemy.orm import Session\n\n\ndef save(db: Session) -> None:\n    db.commit()\n"
    return project.write({"a.py": text})


@pytest.mark.parametrize(
    ("arguments", "config", "is_on"),
    [
        ([], "", False),
        (["--select", "FSL"], "", False),
        (["--select", "F"], "", False),
        (["--extend-select", "FSL"], "", False),
        (["--ignore", "E501"], "", False),
        ([], "ignore = W503", False),
        (["--extend-select", "FSL1"], "", False),
        (["--extend-select", "FSL209"], "", True),
        (["--extend-select", "FSL2"], "", True),
        (["--select", "FSL209"], "", True),
        (["--select", "E,FSL2"], "", True),
        ([], "extend-select = FSL209", True),
        ([], "select = E,F,FSL209", True),
        (["--extend-select", "FSL209", "--extend-ignore", "FSL209"], "", False),
    ],
)
def test_rules_that_are_off_run_when_they_are_named(saver: Any, arguments: list[str], config: str, is_on: bool) -> None:
    assert ("FSL209" in flake8(saver, *arguments, config=config).out) is is_on


def test_unknown_code_is_no_error(saver: Any) -> None:
    done = flake8(saver, "--extend-select", "FSL999,FSL209")
    assert (done.code, done.err, done.out.count("FSL209")) == (1, "", 1)


# --- settings of the project ---


def test_settings_are_found_upward_from_the_file(shop: Any) -> None:
    shop.write({"pyproject.toml": '[tool.fastapi-session-lint]\nselect = ["FSL101"]\nextend-select = ["FSL209"]\n'})
    for cwd, path in ((".", "app"), ("app", "."), ("..", "shop/app/jobs.py")):
        shop.set_up_flake8()
        config = str(shop.root / ".flake8")
        done = shop.python("-m", "flake8", "--config", config, *ONLY_OURS, path, cwd=cwd)
        assert re.findall(r"FSL\d+", done.out) == ["FSL101"]


def test_flake8_selection_goes_on_top_of_the_settings(shop: Any) -> None:
    shop.write({"pyproject.toml": '[tool.fastapi-session-lint]\nselect = ["FSL101"]\n'})
    assert re.findall(r"FSL\d+", flake8(shop, "--extend-select", "FSL102").out) == ["FSL101", "FSL102"]
    assert re.findall(r"FSL\d+", flake8(shop, "--extend-ignore", "FSL101").out) == []


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_broken_configuration_is_told_in_one_line(shop: Any, jobs: str) -> None:
    shop.write({"pyproject.toml": "[tool.fastapi-session-lint]\nselct = 1\n"})
    done = flake8(shop, "-j", jobs, "app")
    assert (done.code, done.err) == (1, "")
    head, told = done.out.splitlines()
    assert head == "There was a critical error during execution of Flake8:"
    assert "unknown key `selct`; did you mean `select`?" in told


# --- suppression ---


def test_noqa_is_left_to_flake8(shop: Any) -> None:
    text = shop.text("app/jobs.py").replace("    db = SessionLocal()\n", "    db = SessionLocal()  # noqa: FSL101\n")
    shop.write({"app/jobs.py": text})
    assert re.findall(r"FSL\d+", flake8(shop, *ONLY_OURS).out) == ["FSL501", "FSL102"]
    assert len(lines(flake8(shop, *ONLY_OURS, "--disable-noqa").out)) == 3
    assert flake8(shop, *ONLY_OURS, config="per-file-ignores =\n    app/*: FSL").out == ""


# --- standard input ---


def test_stdin_stands_for_its_file(shop: Any) -> None:
    text = "\n" + shop.text("app/jobs.py")
    done = flake8(shop, *ONLY_OURS, "--stdin-display-name", "app/jobs.py", "-", stdin=text)
    rows = [line.split(":")[:2] for line in done.out.splitlines()]
    assert rows == [["app/jobs.py", "6"], ["app/jobs.py", "10"], ["app/jobs.py", "15"]]


def test_stdin_knows_the_project_around_it(shop: Any) -> None:
    shop.write({"app/db.py": "SessionLocal = print\n"})
    done = flake8(shop, *ONLY_OURS, "--stdin-display-name", "app/new.py", "-", stdin=shop.text("app/jobs.py"))
    assert re.findall(r"FSL\d+", done.out) == ["FSL501"]


def test_stdin_without_a_name(shop: Any) -> None:
    done = flake8(shop, *ONLY_OURS, "-", stdin=shop.text("app/jobs.py"))
    assert done.out.startswith("stdin:5:11: FSL501")
    assert re.findall(r"FSL\d+", done.out) == ["FSL501", "FSL101", "FSL102"]


@pytest.mark.parametrize(("encoding", "mark"), [("utf-8", b""), ("utf-8", b"\xef\xbb\xbf"), ("latin-1", b"")])
def test_stdin_in_its_own_encoding(shop: Any, encoding: str, mark: bytes) -> None:
    text = f"# coding: {encoding}\nname = 'é'\n" + shop.text("app/jobs.py").replace("archive.db", "é.db")
    shop.write({"app/jobs.py": mark + text.encode(encoding)})
    stdin = mark + text.encode(encoding)
    done = flake8(shop, *ONLY_OURS, "--stdin-display-name", "app/jobs.py", "-", stdin=stdin)
    assert lines(done.out) == check(shop, "app/jobs.py")
    assert len(lines(done.out)) == 3


# --- what it costs, and what flake8 sees of it ---


def test_loads_neither_the_command_line_nor_rich(shop: Any) -> None:
    code = "import sys, fastapi_session_lint.flake8_plugin\nprint(*sys.modules)"
    loaded = set(shop.python("-c", code).out.split())
    assert "fastapi_session_lint.runner" in loaded
    assert not loaded & {"click", "rich", "libcst", "flake8", "fastapi_session_lint.cli"}


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_project_is_read_once_for_all_files(shop: Any, jobs: str) -> None:
    shop.write({f"app/jobs{number}.py": shop.text("app/jobs.py") for number in range(4)})
    told = (
        "import sys\nfrom fastapi_session_lint import judge\nfrom flake8.main.cli import main\n"
        "class Judge(judge.Judge):\n"
        "    def __init__(self, *a):\n        print('linked', flush=True)\n        super().__init__(*a)\n"
        "judge.Judge = Judge\nmain(sys.argv[1:])\n"
    )
    shop.set_up_flake8()
    first, *found = shop.python("-c", told, "-j", jobs, *ONLY_OURS).out.splitlines()
    assert (first, len(found)) == ("linked", 15)


def test_file_that_flake8_cannot_parse_is_its_own_business(shop: Any) -> None:
    shop.write({"app/broken.py": "def f(:\n"})
    done = flake8(shop, "--select", "FSL,E9")
    assert [line.split()[1] for line in lines(done.out) if "broken" in line] == ["E999"]
    assert len(lines(done.out)) == 4


# --- options of the table ---

DATABASE = "from sqlalchemy.orm import sessionmaker\n\nMake = sessionmaker()\n"
IMPORTING = "from {} import {}\n\n\ndef f() -> None:\n    db = {}()\n    db.commit()\n"
AUTOCOMMIT = "from sqlalchemy.orm import sessionmaker\n\nSessionLocal = sessionmaker(autocommit=True)\n"

OPTIONS: dict[str, tuple[str, dict[str, str]]] = {
    "src": (
        "one/lib",
        {"one/lib/base.py": DATABASE, "two/lib/base.py": "", "app/a.py": IMPORTING.format("base", "Make", "Make")},
    ),
    "session-factory-names": ("MakeDb", {"app/a.py": IMPORTING.format("elsewhere", "MakeDb", "MakeDb")}),
    "sqlalchemy-version": ("1.4", {"app/a.py": AUTOCOMMIT}),
}
WITHOUT_EFFECT_ON_THESE = {
    "preview": "true",
    "sqlmodel-version": "0.0.3",
    "fastapi-version": "0.105",
    "target-version": "3.11",
}


def test_every_option_has_a_case() -> None:
    declared = {one.name for one in options() if Place.FLAKE8 in one.declared.places}
    assert declared == OPTIONS.keys() | WITHOUT_EFFECT_ON_THESE.keys() | {"plugins"}  # tests/test_plugins.py has that


@pytest.mark.parametrize("name", OPTIONS)
def test_option(shop: Any, name: str) -> None:
    value, files = OPTIONS[name]
    shop.write(files)
    before = flake8(shop, *ONLY_OURS, "app/a.py").out
    shop.write({"pyproject.toml": f"[tool.fastapi-session-lint]\n{name} = {option_value(name, value)}\n"})
    expected = flake8(shop, *ONLY_OURS, "app/a.py").out
    shop.write({"pyproject.toml": ""})
    assert flake8(shop, *ONLY_OURS, f"--fsl-{name}={value}", "app/a.py").out == expected
    assert flake8(shop, *ONLY_OURS, "app/a.py", config=f"fsl-{name} = {value}").out == expected
    assert before != expected


def option_value(name: str, value: str) -> str:
    """A value as a configuration file has it."""
    is_list = next(one for one in options() if one.name == name).declared.kind.is_list
    return f'["{value}"]' if is_list else f'"{value}"'


@pytest.mark.parametrize("name", WITHOUT_EFFECT_ON_THESE)
def test_version_is_taken(shop: Any, name: str) -> None:
    done = flake8(shop, *ONLY_OURS, config=f"fsl-{name} = {WITHOUT_EFFECT_ON_THESE[name]}")
    assert (len(lines(done.out)), done.err) == (3, "")
    if name == "preview":
        assert flake8(shop, *ONLY_OURS, "--fsl-preview").out == done.out
        return
    assert "must be a version" in flake8(shop, *ONLY_OURS, f"--fsl-{name}=new").out


def test_wrong_flake8_option_is_told_in_one_line(shop: Any) -> None:
    done = flake8(shop, "--fsl-sqlalchemy-version=new", "app")
    assert "`fsl-sqlalchemy-version` must be a version, as in 2.0" in done.out.splitlines()[1]


# --- processes, and what they keep ---

WITHOUT_ENGINE = "import sys\nsys.modules['fastapi_session_lint.engine'] = None\n"
RUN = "import sys\nfrom flake8.main.cli import main\nsys.exit(main(sys.argv[1:]))\n"


def kept(project: Any) -> list[Path]:
    return sorted((project.root / ".fsl_cache").glob("*/files/*"))


def test_the_project_is_read_before_flake8_makes_its_processes(shop: Any) -> None:
    code = (
        "import argparse, ast\nfrom fastapi_session_lint import engine, flake8_plugin\n"
        "flake8_plugin.Plugin.parse_options(None, argparse.Namespace(filenames=['app']), [])\n"
        "engine.read = engine.Judge = None  # nothing is read or linked from here on\n"
        "print(*flake8_plugin.Plugin(ast.parse(''), 'app/jobs.py', []).run(), sep='\\n')\n"
    )
    assert "FSL101" in shop.python("-c", code).out


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_what_each_process_has_found_is_kept(shop: Any, jobs: str) -> None:
    shop.write({f"app/jobs{number}.py": shop.text("app/jobs.py") for number in range(6)})
    cold = flake8(shop, "-j", jobs, *ONLY_OURS)
    assert 1 <= len(kept(shop)) <= int(jobs)
    assert shop.python("-c", WITHOUT_ENGINE + RUN, "-j", jobs, *ONLY_OURS) == cold


def test_what_a_process_did_not_keep_is_found_again(shop: Any) -> None:
    shop.write({f"app/jobs{number}.py": shop.text("app/jobs.py") for number in range(6)})
    shop.set_up_flake8()
    whole = [flake8(shop, *ONLY_OURS, f"app/jobs{number}.py") for number in range(6)]
    cold = flake8(shop, "-j", "2", *ONLY_OURS)
    for path in kept(shop):
        path.unlink()
        assert flake8(shop, "-j", "2", *ONLY_OURS) == cold
    assert [flake8(shop, *ONLY_OURS, f"app/jobs{number}.py") for number in range(6)] == whole


def test_a_changed_file_is_judged_anew(shop: Any) -> None:
    assert "app/jobs.py" in flake8(shop, *ONLY_OURS).out
    shop.write({"app/db.py": "SessionLocal = dict\n"})
    assert re.findall(r"FSL\d+", flake8(shop, *ONLY_OURS).out) == ["FSL501"]


def test_what_the_command_has_found_is_taken_over(shop: Any) -> None:
    expected = check(shop)
    forbidden = "from fastapi_session_lint import engine\nengine.Judge = None\n"
    shop.set_up_flake8()
    assert lines(shop.python("-c", forbidden + RUN, *ONLY_OURS).out) == expected
    assert lines(shop.python("-c", WITHOUT_ENGINE + RUN, *ONLY_OURS).out) == expected


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_processes_that_are_no_copies_find_the_same(shop: Any, method: str) -> None:
    if method not in multiprocessing.get_all_start_methods():
        pytest.skip("not on this system")
    expected = check(shop, "--no-cache")
    shop.set_up_flake8()
    chosen = f"import multiprocessing\nmultiprocessing.set_start_method({method!r})\n"
    for _ in range(2):
        done = shop.python("-c", chosen + RUN, "-j", "2", *ONLY_OURS)
        assert (lines(done.out), done.err) == (expected, "")


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_crash_is_told_once_by_each_process(shop: Any, jobs: str) -> None:
    shop.write({f"app/jobs{number}.py": shop.text("app/jobs.py") for number in range(4)})
    crash = (
        "import dataclasses\nfrom fastapi_session_lint import plugins\n"
        "def crash(rule, context):\n    for scope in context.functions():\n        yield 1 / 0\n"
        "real = plugins.rules_of(())\n"
        "broken = tuple(dataclasses.replace(one, check=crash) if one.code == 'FSL102' else one for one in real)\n"
        "from fastapi_session_lint import one_by_one, runner\n"
        "one_by_one.rules_of = runner.rules_of = lambda plugins: broken\n"
    )
    shop.set_up_flake8()
    out = lines(shop.python("-c", crash + RUN, "-j", jobs, *ONLY_OURS).out)
    assert [line.split()[1] for line in out if "FSL903" in line] == ["FSL903"]
    assert sum("FSL101" in line for line in out) == 5
    assert not kept(shop) or "FSL903" not in "".join(path.read_text(errors="replace") for path in kept(shop))


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_copies_do_not_look_for_garbage_among_the_models(shop: Any, method: str) -> None:
    if method not in multiprocessing.get_all_start_methods():
        pytest.skip("not on this system")
    code = (
        f"import argparse, ast, gc, multiprocessing\nmultiprocessing.set_start_method({method!r})\n"
        "own = gc.get_freeze_count()\n"  # Python 3.12 freezes some by itself
        "from fastapi_session_lint.flake8_plugin import Plugin\n"
        "Plugin.parse_options(None, argparse.Namespace(filenames=['app']), [])\n"
        "before = gc.get_freeze_count() - own\n"
        "found = list(Plugin(ast.parse(''), 'app/jobs.py', []).run())\n"
        "print(before > 0, gc.get_freeze_count() - own > before // 2, gc.isenabled(), len(found))\n"
    )
    is_frozen = str(method == "fork")
    assert shop.python("-c", code).out.split() == [is_frozen, is_frozen, "True", "3"]
