"""Which files are found, how they are read, and that they are replaced whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pathspec import GitIgnoreSpec

from fastapi_session_lint import files
from fastapi_session_lint.configuration import Configurations
from fastapi_session_lint.discovery import Discovery
from fastapi_session_lint.patterns import Lines
from fastapi_session_lint.rules import all_rules
from fastapi_session_lint.settings import Settings


def found(project: Any, folder: str = ".", *, only_packages: bool = False, **settings: Any) -> list[str]:
    """The files below a folder of the project, as paths inside it."""
    isolated = Settings(**settings) if settings else None
    start = files.absolute(str(project.root / folder))
    paths = [one.path for one in Discovery(Configurations(isolated=isolated)).below(start, only_packages)]
    return [os.path.relpath(path, project.root) for path in paths]


def touch(project: Any, *names: str) -> Any:
    return project.write(dict.fromkeys(names, ""))


def test_only_python_files_in_order(project: Any) -> None:
    touch(project, "b.py", "a.py", "b/a.py", "B/z.py", "a.pyi", "a.pyc", "notes.txt", "py", "x.py/inner.txt")
    assert found(project) == ["B/z.py", "a.py", "b.py", "b/a.py"]


def test_usual_folders_are_left_out(project: Any) -> None:
    names = (".git", ".venv", "venv", "__pycache__", "node_modules", "site-packages", "build", "dist", ".tox", ".nox")
    touch(project, *(f"app/{name}/x.py" for name in names), "app/x.py", ".github/scripts/x.py", "building/x.py")
    assert found(project) == [".github/scripts/x.py", "app/x.py", "building/x.py"]


def test_virtual_environment_of_any_name_is_left_out(project: Any) -> None:
    touch(project, "tools/pyvenv.cfg", "tools/lib/x.py", "x.py")
    assert found(project) == ["x.py"]


def test_a_named_folder_is_read_whatever_it_is_called(project: Any) -> None:
    touch(project, "build/x.py", "build/lib/y.py", "build/dist/z.py").write({".gitignore": "build/\n"})
    assert found(project, "build") == ["build/lib/y.py", "build/x.py"]


# --- exclude ---


def test_exclude_by_name_and_pattern(project: Any) -> None:
    touch(project, "a.py", "migrations/a.py", "app/migrations/b.py", "app/gen/c.py", "gen/d.py", "app/x_pb2.py")
    assert found(project, extend_exclude=("migrations",)) == ["a.py", "app/gen/c.py", "app/x_pb2.py", "gen/d.py"]
    project.write(
        {"pyproject.toml": '[tool.fastapi-session-lint]\nextend-exclude = ["app/gen", "*_pb2.py", "migrations/"]\n'}
    )
    assert found(project) == ["a.py", "gen/d.py"]
    assert found(project, "app") == []


def test_exclude_replaces_the_usual(project: Any) -> None:
    touch(project, "build/x.py", "old/y.py")
    project.write({"pyproject.toml": '[tool.fastapi-session-lint]\nexclude = ["old"]\n'})
    assert found(project) == ["build/x.py"]


def test_exclude_of_a_folder_with_its_own_configuration(project: Any) -> None:
    touch(project, "one/gen/x.py", "two/gen/x.py", "two/app/x.py", "three/gen/x.py", "three/app/x.py")
    table = "[tool.fastapi-session-lint]\nextend-exclude = "
    project.write(
        {
            "pyproject.toml": f'{table}["gen"]\n',
            "two/pyproject.toml": f'{table}["/app"]\n',
            "three/pyproject.toml": "[project]\n",
        }
    )
    assert found(project) == ["three/app/x.py", "two/gen/x.py"]


def test_a_template_that_is_no_toml_is_none_of_our_business(project: Any) -> None:
    project.write({"template/pyproject.toml": "{% if x %}\n", "template/x.py": ""})
    assert found(project) == ["template/x.py"]


def test_the_files_of_a_template_are_left_out_as_the_page_of_fsl902_says(project: Any) -> None:
    touch(project, "hooks/a.py", "{{cookiecutter.slug}}/app/b.py", "{{cookiecutter.slug}}/{{cookiecutter.slug}}/c.py")
    (page,) = (rule.documentation for rule in all_rules() if rule.code == "FSL902")
    (told,) = re.findall(r'extend-exclude = \["(.*)"\]', page)
    assert len(found(project)) == 3
    assert found(project, extend_exclude=(told,)) == ["hooks/a.py"]


# --- .gitignore ---


def test_gitignore_at_every_level(project: Any) -> None:
    touch(project, "a.py", "gen/a.py", "app/a.py", "app/secret.py", "app/deep/a.py", "app/deep/keep_gen.py", "x_gen.py")
    project.write(
        {
            ".gitignore": "# generated\n/gen/\n*_gen.py\n",
            "app/.gitignore": "\ufeffsecret.py\r\n",
            "app/deep/.gitignore": "!keep_gen.py\n",
        }
    )
    assert found(project) == ["a.py", "app/a.py", "app/deep/a.py", "app/deep/keep_gen.py"]


def test_gitignore_above_the_folder_counts_up_to_the_repository(project: Any) -> None:
    touch(project, "backend/app/gen/x.py", "backend/app/y.py")
    project.write({".gitignore": "gen\n", ".git/HEAD": ""})
    assert found(project, "backend/app") == ["backend/app/y.py"]
    (project.root / "backend/.git").write_text("gitdir: elsewhere\n")
    assert found(project, "backend/app") == ["backend/app/gen/x.py", "backend/app/y.py"]


def test_gitignore_above_the_folder_counts_up_to_the_project(project: Any) -> None:
    touch(project, "app/gen/x.py", "app/y.py").write({".gitignore": "gen\n"})
    assert found(project, "app") == ["app/y.py"]
    assert found(project, "app/gen") == ["app/gen/x.py"]


def test_gitignore_can_be_switched_off(project: Any) -> None:
    touch(project, "gen/x.py").write({".gitignore": "gen\n"})
    assert found(project) == []
    assert found(project, respect_gitignore=False) == ["gen/x.py"]


def test_gitignore_that_is_none(project: Any) -> None:
    touch(project, "a.py", "b.py").write({".gitignore": b"!\n\xff\xfe[\n/\nb.py\n"})
    assert found(project) == ["a.py"]


# --- links ---


def test_links_to_folders_are_not_followed(project: Any) -> None:
    touch(project, "app/x.py")
    (project.root / "app/loop").symlink_to("..")
    (project.root / "twice").symlink_to("app")
    assert found(project) == ["app/x.py"]
    assert found(project, "twice") == ["twice/x.py"]


def test_links_to_files(project: Any) -> None:
    touch(project, "x.py")
    (project.root / "good.py").symlink_to("x.py")
    (project.root / "broken.py").symlink_to("nowhere.py")
    (project.root / "self.py").symlink_to("self.py")
    (project.root / "one.py").symlink_to("two.py")
    (project.root / "two.py").symlink_to("one.py")
    assert found(project) == ["good.py", "x.py"]


def test_pipes_are_no_files(project: Any) -> None:
    os.mkfifo(project.root / "pipe.py")
    assert found(project) == []


def test_only_packages(project: Any) -> None:
    touch(project, "x.py", "app/__init__.py", "app/a.py", "app/data/b.py", "app/sub/__init__.py", "downloads/c.py")
    assert found(project, only_packages=True) == ["app/__init__.py", "app/a.py", "app/sub/__init__.py", "x.py"]


@pytest.mark.parametrize(
    ("name", "is_left_out"),
    [
        ("app/x.py", False),
        ("build/x.py", True),
        ("app/build/deep/x.py", True),
        ("gen/x.py", True),
        ("app/x_pb2.py", True),
        ("app/secret.py", True),
        ("new/not_there.py", False),
    ],
)
def test_leaves_out(project: Any, name: str, is_left_out: bool) -> None:
    touch(project, "app/x.py", "gen/x.py", "app/x_pb2.py", "build/x.py")
    table = '[tool.fastapi-session-lint]\nextend-exclude = ["*_pb2.py"]\n'
    project.write({".gitignore": "/gen\n", "app/.gitignore": "secret.py\n", "pyproject.toml": table, ".git/HEAD": ""})
    assert Discovery(Configurations()).leaves_out(str(project.root / name)) is is_left_out


def test_a_large_tree_is_quick(project: Any) -> None:
    for number in range(200):
        folder = project.root / f"f{number}"
        folder.mkdir()
        for file in range(50):
            (folder / f"{file}.json").touch()
        (folder / "x.py").touch()
    started = time.perf_counter()
    assert len(found(project)) == 200
    assert time.perf_counter() - started < 1


# --- reading ---


def test_read(tmp_path: Path) -> None:
    path = tmp_path / "x.py"
    path.write_bytes(b"\xffx\r\n")
    source = files.read(str(path))
    assert (source.path, source.data, source.problem) == (str(path), b"\xffx\r\n", None)


def test_read_what_is_gone(tmp_path: Path) -> None:
    source = files.read(str(tmp_path / "x.py"))
    assert (source.data, source.problem) == (b"", "the file is gone")


def test_read_what_is_no_file(tmp_path: Path) -> None:
    assert files.read(str(tmp_path)).problem == "is a directory"
    (tmp_path / "loop").symlink_to("loop")
    assert files.read(str(tmp_path / "loop")).problem == "too many levels of symbolic links"


# --- replacing ---


def test_replace_keeps_the_mode(tmp_path: Path) -> None:
    path = tmp_path / "x.py"
    path.write_bytes(b"old")
    path.chmod(0o640)
    files.replace(str(path), b"old", b"new")
    assert (path.read_bytes(), path.stat().st_mode & 0o7777) == (b"new", 0o640)
    assert list(tmp_path.iterdir()) == [path]


def test_replace_changes_the_target_of_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    target = tmp_path / "real" / "x.py"
    target.write_bytes(b"old")
    link = tmp_path / "x.py"
    link.symlink_to("real/x.py")
    files.replace(str(link), b"old", b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"


def test_replace_refuses_what_was_changed_meanwhile(tmp_path: Path) -> None:
    path = tmp_path / "x.py"
    path.write_bytes(b"somebody else's")
    with pytest.raises(files.ChangedMeanwhile):
        files.replace(str(path), b"old", b"new")
    assert path.read_bytes() == b"somebody else's"
    assert list(tmp_path.iterdir()) == [path]


def test_runs_at_once_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "x.py"
    path.write_bytes(b"")

    def add_lines(number: int) -> None:
        for line in range(20):
            while True:
                old = path.read_bytes()
                with contextlib.suppress(files.ChangedMeanwhile):
                    files.replace(str(path), old, old + b"%d %d\n" % (number, line))
                    break

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(add_lines, range(4)))
    assert sorted(path.read_bytes().splitlines()) == sorted(
        b"%d %d" % (n, line) for n in range(4) for line in range(20)
    )
    assert list(tmp_path.iterdir()) == [path]


def test_replace_refuses_a_read_only_file(tmp_path: Path) -> None:
    path = tmp_path / "x.py"
    path.write_bytes(b"old")
    path.chmod(0o444)
    with pytest.raises(PermissionError):
        files.replace(str(path), b"old", b"new")
    assert path.read_bytes() == b"old"


@pytest.mark.parametrize("step", ["fsync", "chmod", "replace"])
def test_failure_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    path = tmp_path / "x.py"
    path.write_bytes(b"old")

    def fail(*_: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(files.os, step, fail)
    with pytest.raises(OSError, match="No space left"):
        files.replace(str(path), b"old", b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


# --- lines that are compiled when they may matter ---

IGNORED = [
    *("*.pyc", "*.py[co]", "*$py.class", "build/", "/dist", "gen", "a/b", "a/*.py", "**/x.py", "x/**", "!keep.py"),
    *("!gen/", "??.py", "[ab].py", "[!a].py", "[^a].py", "\\!odd.py", "\\#odd", "*", "!*/", "!*.py", "a*b", ".env*"),
    *("*.tar.gz", " space.py", "trailing.py ", "a?c/", "/**/gen/*.py", "x.*", "é.py"),
    *("a", "/x.py", "a/b/", "/gen/", "x/gen/a.py", "a//b", "./a", "a/", "!a/b", "!/x"),
]
PARTS = ("a", "b", "ab", "a.py", "x.py", "keep.py", "gen", "build", "x", "x.tar.gz", ".env.py", "!odd.py", "é.py")


@given(
    st.lists(st.sampled_from(IGNORED), min_size=1, max_size=8),
    st.lists(st.sampled_from(PARTS), min_size=1, max_size=4),
    st.booleans(),
)
def test_lines_say_what_all_of_them_compiled_say(lines: list[str], parts: list[str], is_folder: bool) -> None:
    path = "/".join(parts) + "/" * is_folder
    assert Lines(lines).include(path) == GitIgnoreSpec.from_lines(lines).check_file(path).include
