"""The releases that a project runs on: what each kind of file says, which counts, and what rules make of it."""

# Each case stays on its line, with the text of a file in it.
# ruff: noqa: E501

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from packaging.specifiers import SpecifierSet

from fastapi_session_lint import runner
from fastapi_session_lint.configuration import Configurations
from fastapi_session_lint.manifests.demands import may_hold
from fastapi_session_lint.manifests.ranges import NoRange, newest, oldest, read_loose_range, read_range
from fastapi_session_lint.options import parse
from fastapi_session_lint.settings import InvalidSettings, Settings
from fastapi_session_lint.versions import NEWEST, Versions, version
from fastapi_session_lint.work import plan

ROOT = Path(__file__).parents[1]
SWALLOWS = """\
from fastapi import Depends, FastAPI
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker

SessionLocal = sessionmaker(create_engine("postgresql+psycopg://localhost/shop"))
app = FastAPI()


def get_db():
    with SessionLocal() as db:
        try:
            yield db
        except Exception:
            db.rollback()


@app.get("/")
def read(db=Depends(get_db)):
    return {}
"""
SQLITE = 'from sqlalchemy import create_engine\n\nengine = create_engine("sqlite:///shop.db")\n'


def told(project: Any, path: str = "app/main.py") -> Versions:
    """What holds for a file of the project, which need not exist."""
    place = str(project.root / path)
    (work,) = plan([place], Configurations(), [place])
    return work.versions[place]


def text_of(versions: Versions) -> str:
    names = ("sqlalchemy", "sqlmodel", "fastapi", "python")
    return ", ".join(f"{one} {getattr(versions, one)}" for one in names if getattr(versions, one).is_told)


# --- the value that rules ask ---


@pytest.mark.parametrize(
    ("release", "boundary", "is_reached"),
    [
        ("0.109.2", "0.110", False),
        ("0.110.0", "0.110", True),
        ("0.115.0", "0.110", True),
        ("0.99", "0.110", False),
        ("1.4.54", "2.0", False),
        ("2.0.0", "2.0", True),
        ("2.0.0b4", "2.0", True),
        ("2.0", "2.0.30", True),
        ("2.0.29", "2.0.30", False),
        ("2", "2.1", True),
        (None, "99.0", True),
    ],
)
def test_boundary(release: str | None, boundary: str, is_reached: bool) -> None:
    assert version(release).at_least(boundary) is is_reached
    assert version(release).before(boundary) is not is_reached


def test_version_as_text() -> None:
    assert [str(version(one)) for one in ("2.0.36rc1", "v1.4", "2.0+local", "", "latest", None)] == [
        "2.0.36", "1.4", "2.0", "newest", "newest", "newest",
    ]  # fmt: skip


# --- ranges ---

SPECIFIERS = [
    ">=1.4", "<2", "<2.0", "<=2.0.5", ">1.4", ">1.4.46", "==1.4.*", "==2.0.36", "!=2.0.3", "!=1.4.*", "~=1.4", "~=1.4.2",
    "~=2.0.1", ">=1.4,<2.0", ">=2.0.14,<2.1.0", "<1.4.10,>=1.3", "===2.0.1",
]  # fmt: skip


@pytest.mark.parametrize("text", SPECIFIERS)
def test_ranges_admit_what_packaging_says(text: str) -> None:
    ours, theirs = read_range(text), SpecifierSet(text)
    for release in ("1.3.24", "1.4.0", "1.4.1", "1.4.2", "1.4.9", "1.4.46", "1.4.54", "2.0.0", "2.0.1", "2.0.3", "2.0.5",
                    "2.0.14", "2.0.36", "2.0.58", "2.1.0", "2.1.9", "3.0.0"):  # fmt: skip
        parts = version(release).release
        assert all(clause.admits(parts) for clause in ours) is theirs.contains(release), release


@pytest.mark.parametrize(
    ("library", "text", "wanted"),
    [
        ("sqlalchemy", "<2", "1.4"),
        ("sqlalchemy", ">=1.4,<2.1", "2.0"),
        ("sqlalchemy", "<=2.0.5", "2.0.5"),
        ("sqlalchemy", "<2.0.5", "2.0.4"),
        ("sqlalchemy", ">=1.4", "newest"),
        ("sqlalchemy", "<3", "newest"),
        ("sqlalchemy", "", "newest"),
        ("fastapi", "<0.110", "0.109"),
        ("fastapi", "~=0.103.1", "0.103"),
        ("fastapi", ">=0.68,<0.69", "0.68"),
        ("fastapi", ">=0.9,<0.100", "0.99"),
        ("fastapi", "!=0.165.0", "newest"),
        ("sqlalchemy", ">=2,<1", "None"),
    ],
)
def test_range_stands_for_the_newest_that_fits(library: str, text: str, wanted: str) -> None:
    assert str(newest(library, (read_range(text),))) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [(">=3.9", "3.9"), (">=3.11,<4", "3.11"), (">3.8", "3.8"), ("==3.12.*", "3.12"), ("", "newest"), ("<3,>3", "None")],
)
def test_range_of_python_stands_for_the_oldest_that_fits(text: str, wanted: str) -> None:
    assert str(oldest("python", (read_range(text),))) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("^0.103.0", "0.103"),
        ("^0.103", "0.103"),
        ("~0.103.1", "0.103"),
        ("0.103.1", "0.103.1"),
        ("==0.103.1", "0.103.1"),
        ("0.103.*", "0.103"),
        (">=0.100 <0.104", "0.103"),
        (">= 0.100, < 0.104", "0.103"),
        ("<0.90 || ^0.103", "0.103"),
        ("*", "newest"),
        ("", "newest"),
        ("^0", "newest"),
    ],
)
def test_loose_range(text: str, wanted: str) -> None:
    assert str(newest("fastapi", read_loose_range(text) or ((),))) == wanted


@pytest.mark.parametrize("text", ["~1.4", "^1.4", "^1", "~1"])
def test_caret_and_tilde_stay_below_the_next_major(text: str) -> None:
    assert str(newest("sqlalchemy", read_loose_range(text))) == "1.4"


@pytest.mark.parametrize("text", ["latest", ">=", "=>2", "git+https://example.org", "2.0 beta"])
def test_what_is_no_range(text: str) -> None:
    with pytest.raises(NoRange):
        read_loose_range(text)


@pytest.mark.parametrize(
    ("marker", "python", "holds"),
    [
        ("", None, True),
        ('python_version < "3.8"', None, False),
        ('python_version < "3.8"', "3.7", True),
        ('python_version >= "3.8"', "3.7", False),
        ("python_version == '3.9'", "3.9.1", True),
        ("python_version != '3.9'", "3.9", False),
        ("python_version > '3.9'", "3.9", False),
        ("python_version <= '3.9'", "3.9", True),
        ("python_version >= '3.8' and python_version < '3.10'", "3.11", False),
        ("python_version < '3.8' or sys_platform == 'win32'", "3.11", True),
        ("sys_platform == 'win32'", "3.11", True),
    ],
)
def test_marker(marker: str, python: str | None, holds: bool) -> None:
    assert may_hold(marker, version(python)) is holds


# --- each kind of file ---

POETRY = """\
[tool.poetry.dependencies]
python = "^3.10"
fastapi = {version = "^0.103.0", extras = ["all"]}
[tool.poetry.group.data.dependencies]
SQLAlchemy = "~1.4.46"
"""
UV_LOCK = """\
version = 1
requires-python = ">=3.11"

[[package]]
name = "fastapi"
version = "0.109.2"
source = { registry = "https://pypi.org/simple" }
dependencies = [
    { name = "starlette" },
]

[[package]]
name = "fastapi-users"
version = "12.0.0"

[[package]]
name = "sqlalchemy"
version = "2.0.36"
"""
PIPFILE_LOCK = {
    "_meta": {"requires": {"python_version": "3.9"}},
    "default": {"sqlalchemy": {"version": "==1.4.54"}},
    "develop": {"fastapi": {"version": "==0.90.0"}},
}
ENVIRONMENT = """\
name: shop
channels: [conda-forge]
dependencies:
  - python=3.10
  - conda-forge::sqlalchemy=1.4.46=py310h1  # kept back
  - fastapi-users=1.0
  - pip:
      - fastapi==0.103.1
"""
SETUP_CFG = """\
[options]
python_requires = >=3.9
install_requires =
    sqlalchemy[asyncio]>=1.4,<2  # not yet 2
    starlette
[options.extras_require]
web = fastapi~=0.103.0
[mypy-sqlalchemy.*]
ignore_missing_imports = true
"""
SETUP_PY = """\
from setuptools import setup
setup(name="fastapi", keywords=["sqlalchemy"], python_requires=">=3.9", install_requires=["sqlalchemy>=1.4,<2", 'fastapi==0.103.1'])
raise SystemExit("never run")
"""
FILES = [
    ("requirements.txt", "fastapi==0.103.1\nSQLAlchemy[asyncio] >= 1.4, < 2  # old\n", "sqlalchemy 1.4, fastapi 0.103.1"),
    ("requirements.txt", "sqlalchemy==1.4.54 \\\n    --hash=sha256:00 \\\n    --hash=sha256:01\n", "sqlalchemy 1.4.54"),
    ("requirements.txt", "--index-url https://example.org\n-e .\nfastapi-users==1.0\nsqlalchemy_utils==0.1\n", ""),
    ("requirements.txt", "sqlalchemy<2; python_version < '3.8'\nsqlalchemy>=2.0,<2.1; python_version >= '3.8'\n", "sqlalchemy 2.0"),
    ("requirements.txt", "fastapi @ git+https://example.org/fastapi@0.1\nsqlalchemy (<2)\n", "sqlalchemy 1.4"),
    ("requirements.txt", "fastapi==0.103.1\n".encode("utf-16"), "fastapi 0.103.1"),
    ("requirements.txt", b"\xef\xbb\xbffastapi==0.103.1\r\n", "fastapi 0.103.1"),
    ("requirements.in", "fastapi<0.110\n", "fastapi 0.109"),
    ("requirements-prod.txt", "fastapi<0.110\n", "fastapi 0.109"),
    ("requirements/base.txt", "fastapi<0.110\n", "fastapi 0.109"),
    ("constraints.txt", "fastapi==0.103.1\n", "fastapi 0.103.1"),
    ("pyproject.toml", '[project]\nrequires-python = ">=3.10"\ndependencies = ["fastapi<0.110"]\n', "fastapi 0.109, python 3.10"),
    ("pyproject.toml", '[project.optional-dependencies]\ndb = ["sqlalchemy<2"]\n', "sqlalchemy 1.4"),
    ("pyproject.toml", '[dependency-groups]\nall = [{include-group = "db"}]\ndb = ["sqlalchemy<2"]\n', "sqlalchemy 1.4"),
    ("pyproject.toml", '[tool.pdm.dev-dependencies]\ndb = ["sqlalchemy<2"]\n', "sqlalchemy 1.4"),
    ("pyproject.toml", '[tool.uv]\nconstraint-dependencies = ["sqlalchemy<2"]\n', "sqlalchemy 1.4"),
    ("pyproject.toml", '[tool.hatch.envs.default]\ndependencies = ["sqlalchemy<2"]\n', "sqlalchemy 1.4"),
    ("pyproject.toml", POETRY, "sqlalchemy 1.4, fastapi 0.103, python 3.10"),
    ("pyproject.toml", '[tool.poetry.dependencies]\nfastapi = {git = "https://example.org"}\n', ""),
    ("uv.lock", UV_LOCK, "sqlalchemy 2.0.36, fastapi 0.109.2"),
    ("poetry.lock", UV_LOCK.replace("fastapi-users", "FastAPI-users"), "sqlalchemy 2.0.36, fastapi 0.109.2"),
    ("pdm.lock", UV_LOCK, "sqlalchemy 2.0.36, fastapi 0.109.2"),
    ("pylock.toml", UV_LOCK.replace("[[package]]", "[[packages]]"), "sqlalchemy 2.0.36, fastapi 0.109.2"),
    ("pylock.dev.toml", UV_LOCK.replace("[[package]]", "[[packages]]"), "sqlalchemy 2.0.36, fastapi 0.109.2"),
    ("uv.lock", UV_LOCK + '[[package]]\nname = "sqlalchemy"\nversion = "2.1.0"\n', "sqlalchemy 2.1.0, fastapi 0.109.2"),
    ("Pipfile", '[packages]\nfastapi = "*"\nsqlalchemy = {version = "<2"}\n[requires]\npython_version = "3.9"\n', "sqlalchemy 1.4, python 3.9"),
    ("Pipfile.lock", json.dumps(PIPFILE_LOCK), "sqlalchemy 1.4.54, fastapi 0.90.0, python 3.9"),
    ("setup.cfg", SETUP_CFG, "sqlalchemy 1.4, fastapi 0.103, python 3.9"),
    ("setup.py", SETUP_PY, "sqlalchemy 1.4, fastapi 0.103.1, python 3.9"),
    ("environment.yml", ENVIRONMENT, "sqlalchemy 1.4.46, fastapi 0.103.1, python 3.10"),
    (".python-version", "cpython-3.11.4\n", "python 3.11.4"),
    ("requirements.txt", "sqlmodel==0.0.11\n", "sqlalchemy 1.4, sqlmodel 0.0.11"),
    ("requirements.txt", "sqlmodel==0.0.12\n", "sqlalchemy 2.0, sqlmodel 0.0.12"),
    ("requirements.txt", "sqlmodel==0.0.48\n", "sqlmodel 0.0.48"),
    ("requirements.txt", "sqlmodel==0.0.22\nsqlalchemy>=1.4\n", "sqlalchemy 2.0, sqlmodel 0.0.22"),
    ("requirements.txt", "sqlmodel==0.0.22\nsqlalchemy==2.0.30\n", "sqlalchemy 2.0.30, sqlmodel 0.0.22"),
    ("requirements.txt", "sqlmodel\n", ""),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "wanted"), FILES, ids=lambda one: str(one)[:30])
def test_file(project: Any, name: str, text: str | bytes, wanted: str) -> None:
    project.write({name: text})
    assert text_of(told(project)) == wanted


def test_setup_py_is_never_run(project: Any) -> None:
    project.write({"setup.py": "open('ran', 'w')\ninstall_requires = ['fastapi==0.103.1']\n"})
    assert text_of(told(project)) == "fastapi 0.103.1"
    assert not (project.root / "ran").exists()


# --- which counts ---


@pytest.mark.parametrize(
    ("files", "wanted"),
    [
        ({"pyproject.toml": '[project]\ndependencies = ["fastapi>=0.100"]\n', "uv.lock": UV_LOCK}, "0.109.2"),
        ({"pyproject.toml": '[project]\ndependencies = ["fastapi>=0.100"]\n', "requirements.txt": "fastapi==0.103.1"}, "0.103.1"),
        ({"requirements.txt": "fastapi==0.103.1", "uv.lock": UV_LOCK}, "0.109.2"),
        ({"pyproject.toml": '[project]\ndependencies = ["fastapi<0.110"]\n', "requirements-dev.txt": "fastapi==0.115.0"}, "0.109"),
        ({"requirements.txt": "fastapi", "setup.cfg": "fastapi<0.110"}, "0.109"),
        ({"requirements.txt": "fastapi<0.110", "requirements-dev.txt": "fastapi<0.100"}, "0.109"),
        ({"requirements.txt": "-c limits.txt\nfastapi", "limits.txt": "fastapi==0.103.1"}, "0.103.1"),
        ({"requirements.txt": "-r deps/web.txt", "deps/web.txt": "--requirement=more.txt", "deps/more.txt": "fastapi<0.110"}, "0.109"),
        ({"requirements.txt": "-r requirements.txt\nfastapi<0.110"}, "0.109"),
        ({"requirements/dev.txt": "fastapi<0.100", "requirements/prod.txt": "fastapi<0.110"}, "0.109"),
    ],
    ids=str,
)  # fmt: skip
def test_what_counts_in_a_folder(project: Any, files: dict[str, str], wanted: str) -> None:
    assert str(told(project.write(files)).fastapi) == wanted


def test_settings_win(project: Any) -> None:
    table = '[tool.fastapi-session-lint]\nselect = ["FSL202"]\nfastapi-version = "0.105"\n'
    project.write({"pyproject.toml": table, "requirements.txt": "fastapi==0.115.0\n", "main.py": SWALLOWS})
    assert severities(project, "main.py") == [("FSL202", "info")]


def test_each_part_of_a_monorepo_has_its_own(project: Any) -> None:
    project.write(
        {
            ".git/HEAD": "",
            "requirements.txt": "fastapi==0.90.0\nsqlalchemy==1.4.54\n",
            "old/requirements.txt": "fastapi==0.103.1\n",
            "new/requirements.txt": "fastapi==0.115.0\nsqlalchemy>=2\n",
        }
    )
    assert text_of(told(project, "old/app/main.py")) == "sqlalchemy 1.4.54, fastapi 0.103.1"
    assert text_of(told(project, "new/main.py")) == "fastapi 0.115.0"
    assert text_of(told(project, "main.py")) == "sqlalchemy 1.4.54, fastapi 0.90.0"


def test_lock_of_a_workspace_makes_the_range_of_a_member_precise(project: Any) -> None:
    member = '[project]\nname = "web"\ndependencies = ["fastapi>=0.100", "sqlalchemy<2"]\n'
    project.write({".git/HEAD": "", "uv.lock": UV_LOCK, "web/pyproject.toml": member})
    assert text_of(told(project, "web/main.py")) == "sqlalchemy 1.4, fastapi 0.109.2"


def test_one_run_reports_each_part_by_its_own_versions(project: Any) -> None:
    project.write(
        {
            "old/requirements.txt": "fastapi==0.109.2\n",
            "old/main.py": SWALLOWS,
            "new/requirements.txt": "fastapi==0.110.0\n",
            "new/main.py": SWALLOWS,
        }
    )
    assert len(plan([str(project.root)], Configurations())) == 1
    assert severities(project, "old/main.py") == [("FSL202", "info")]
    assert severities(project, "new/main.py") == [("FSL202", "error")]


# --- odd files ---

ODD = {
    "pyproject.toml": '[project]\ndependencies = "fastapi<0.110"\noptional-dependencies = ["fastapi"]\n[tool.poetry]\ngroup = 3\n',
    "Pipfile": "[packages\nfastapi = ",
    "Pipfile.lock": '{"default": [{"fastapi": ' + "[" * 5000,
    "uv.lock": '[[package]]\nname = "fastapi"\n[[package]]\nversion = "1"\n[[package]]\nname = "fastapi"\nversion = "?"',
    "poetry.lock": b"\xff\xfe\x00[[package]]\nname = fastapi",
    "setup.cfg": "[options\ninstall_requires = fastapi=>2\n",
    "setup.py": "install_requires=['fastapi<'",
    "environment.yml": "\t- fastapi=\n  - sqlalchemy=x\n",
    "requirements.txt": "-r\n-r ../../outside.txt\n-r missing.txt\nfastapi=0.1\nfastapi>=\nsqlalchemy==" + "9" * 400 + "\n\x00",
    ".python-version": "system\n",
}  # fmt: skip


@pytest.mark.parametrize("name", [*ODD, "all"])
def test_odd_files_are_ignored(project: Any, name: str) -> None:
    project.write(ODD if name == "all" else {name: ODD[name]})
    (project.root.parent / "outside.txt").write_text("fastapi==0.103.1\n")
    versions = told(project)
    assert (versions.fastapi, versions.sqlmodel, versions.python) == (NEWEST, NEWEST, NEWEST)


def test_broken_pyproject_of_a_folder_below(project: Any) -> None:
    project.write(
        {"requirements.txt": "fastapi<0.110\n", "template/pyproject.toml": "{{ fastapi }}", "template/a.py": ""}
    )
    (work,) = plan([str(project.root)], Configurations())
    assert [str(one.fastapi) for one in work.versions.values()] == ["0.109"]


def test_nothing_outside_the_project_is_read(project: Any) -> None:
    (project.root.parent / "requirements.txt").write_text("fastapi==0.103.1\n")
    (project.root / "requirements.txt").symlink_to("../requirements.txt")
    assert told(project) == Versions()
    project.write({"constraints.txt": "-r ../requirements.txt\n"})
    assert told(project) == Versions()


def test_what_is_no_plain_file_is_left_alone(project: Any) -> None:
    os.mkfifo(project.root / "requirements.txt")
    (project.root / "uv.lock").mkdir()
    assert told(project) == Versions()


@pytest.mark.parametrize("value", ["newest", "", ">=2", "2,0", "py312"])
def test_setting_that_is_no_version_is_refused(value: str) -> None:
    with pytest.raises(InvalidSettings, match=r"`sqlalchemy-version` must be a version, as in 2\.0"):
        parse({"sqlalchemy-version": value}, "here")
    assert parse({"sqlalchemy-version": "2.0.36"}, "here") == {"sqlalchemy_version": "2.0.36"}


# --- what rules make of it, on every way in ---


def severities(project: Any, path: str) -> list[tuple[str, str]]:
    done = project.fsl("check", path, "--output-format", "json")
    return [(one["code"], one["severity"]) for one in json.loads(done.out)]


@pytest.mark.parametrize(
    ("demand", "source", "wanted"),
    [
        ("fastapi==0.109.2", SWALLOWS, [("FSL202", "info")]),
        ("fastapi==0.110.0", SWALLOWS, [("FSL202", "error")]),
        ("sqlalchemy==1.4.54", SQLITE, [("FSL501", "error")]),
        ("sqlalchemy==2.0.0", SQLITE, [("FSL501", "info")]),
        ("", SWALLOWS, [("FSL202", "error")]),
        ("", SQLITE, [("FSL501", "info")]),
    ],
)
def test_both_sides_of_each_boundary(project: Any, demand: str, source: str, wanted: list[tuple[str, str]]) -> None:
    project.write({"requirements.txt": f"{demand}\n", "main.py": source})
    assert severities(project, "main.py") == wanted


def test_every_way_in_agrees(project: Any) -> None:
    project.write({"requirements.txt": "sqlalchemy==1.4.54\n", "main.py": SQLITE, "other.py": ""})
    message = "SQLite connections raise ProgrammingError in any thread but their own"
    for arguments in (["main.py"], ["."], ["--isolated", "."]):
        assert message in project.fsl("check", *arguments, "--output-format", "concise").out
    done = project.fsl("check", "-", "--stdin-filename", "main.py", "--output-format", "concise", stdin=SQLITE)
    assert message in done.out
    project.set_up_flake8()
    for arguments in (["main.py"], ["-j2", "main.py", "other.py"], ["--stdin-display-name=main.py", "-"]):
        assert message in project.python("-m", "flake8", "--select=FSL", *arguments, stdin=SQLITE).out
    found = runner.check_paths([project.root / "main.py"], Settings(select=("FSL501",)))
    assert [one.message for one in found] == [message]


def test_fixes_are_checked_by_the_same_versions(project: Any) -> None:
    project.write({"requirements.txt": "fastapi==0.109.2\n", "main.py": SWALLOWS})
    done = project.fsl("check", "--fix", "--unsafe-fixes", "main.py")
    assert re.search(r"Fixed 1 finding|1 fixed", done.out), done.out
    assert project.text("main.py") == SWALLOWS.replace("db.rollback()\n", "db.rollback()\n            raise\n")


def test_a_run_without_such_files_imports_nothing_for_them(project: Any) -> None:
    code = (
        "import sys\nfrom fastapi_session_lint.configuration import Configurations\n"
        "from fastapi_session_lint.work import plan\nplan([sys.argv[1]], Configurations())\nprint(*sys.modules)"
    )
    (project.root / "pyproject.toml").unlink()
    project.write({".git/HEAD": "", "main.py": SQLITE})
    loaded = set(project.python("-c", code, str(project.root)).out.split())
    assert not loaded & {"packaging", "tomllib", "json", "configparser", "libcst"}
    done = subprocess.run(
        [sys.executable, "-c", "import sys; sys.argv[1:] = ['--version']\nfrom fastapi_session_lint.__main__ import main\n"
         "try: main()\nexcept SystemExit: pass\nprint(*sys.modules)"],
        capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert not {one for one in done.stdout.split() if one.startswith("fastapi_session_lint.manifests")}
