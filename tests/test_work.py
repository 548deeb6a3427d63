"""What is understood together and what of it is reported, and the Python interface on top of it."""

from __future__ import annotations

import gc
import os
from typing import Any

import pytest

from fastapi_session_lint import engine, files, runner
from fastapi_session_lint.configuration import Configurations
from fastapi_session_lint.settings import InvalidSettings, Settings
from fastapi_session_lint.work import plan

TABLE = "[tool.fastapi-session-lint]\n"


def planned(project: Any, *paths: str, given: tuple[str, ...] = ()) -> list[tuple[str, list[str], list[str]]]:
    """For each piece of work its root, what is reported, and what is merely read; as paths inside the project."""

    def inside(path: str) -> str:
        return os.path.relpath(path, project.root)

    work = plan(
        [str(project.root / path) for path in paths], Configurations(), [str(project.root / one) for one in given]
    )
    return [
        (inside(one.root), sorted(map(inside, one.report)), sorted(map(inside, set(one.paths) - one.report)))
        for one in work
    ]


def touch(project: Any, *names: str) -> Any:
    return project.write(dict.fromkeys(names, ""))


def test_the_rest_of_the_project_is_read(project: Any) -> None:
    touch(project, "app/a.py", "app/b.py", "tests/t.py", "build/x.py")
    assert planned(project, "app/a.py") == [(".", ["app/a.py"], ["app/b.py", "tests/t.py"])]
    assert planned(project, "app") == [(".", ["app/a.py", "app/b.py"], ["tests/t.py"])]
    assert planned(project, ".") == [(".", ["app/a.py", "app/b.py", "tests/t.py"], [])]
    assert planned(project, "tests/t.py", "app", "app/a.py") == planned(project, ".")


def test_a_named_file_is_taken_whatever_is_excluded(project: Any) -> None:
    touch(project, "a.py", "build/x.py", "notes.txt")
    assert planned(project, "build/x.py") == [(".", ["build/x.py"], ["a.py"])]
    assert planned(project, "notes.txt") == [(".", ["notes.txt"], ["a.py"])]
    project.write({"pyproject.toml": TABLE + "force-exclude = true\n"})
    assert planned(project, "build/x.py") == []
    assert planned(project, "build/x.py", "a.py") == [(".", ["a.py"], [])]


def test_projects_beside_each_other(project: Any) -> None:
    touch(project, "one/pyproject.toml", "one/a.py", "two/setup.py", "two/b.py", "c.py")
    assert planned(project, "one", "two/b.py") == [
        ("one", ["one/a.py"], []),
        ("two", ["two/b.py"], ["two/setup.py"]),
    ]
    assert planned(project, ".") == [(".", ["c.py", "one/a.py", "two/b.py", "two/setup.py"], [])]
    assert planned(project, "one/a.py", ".") == planned(project, ".")


def test_a_repository_is_understood_as_a_whole_however_its_files_are_named(project: Any) -> None:
    touch(project, ".git/HEAD", "one/pyproject.toml", "one/a.py", "shared/pyproject.toml", "shared/b.py")
    assert planned(project, ".") == [(".", ["one/a.py", "shared/b.py"], [])]
    assert planned(project, "one") == planned(project, "one/a.py") == [(".", ["one/a.py"], ["shared/b.py"])]
    assert planned(project, "one", "shared/b.py") == planned(project, ".")


def test_each_settings_is_a_piece_of_work_on_the_same_project(project: Any) -> None:
    touch(project, "a.py", "strict/b.py").write({"strict/pyproject.toml": TABLE + 'extend-select = ["FSL209"]\n'})
    assert planned(project, ".") == [(".", ["a.py"], ["strict/b.py"]), (".", ["strict/b.py"], ["a.py"])]


@pytest.fixture
def downloads(project: Any) -> Any:
    """A folder that nothing marks as a project."""
    (project.root / "pyproject.toml").unlink()
    return touch(project, "a.py", "b.py", "unpacked/c.py", "pkg/__init__.py", "pkg/d.py", "pkg/sub/__init__.py")


def test_unmarked_folder_is_its_own_project(downloads: Any) -> None:
    everything = ["a.py", "b.py", "pkg/__init__.py", "pkg/d.py", "pkg/sub/__init__.py", "unpacked/c.py"]
    assert planned(downloads, ".") == [(".", everything, [])]


def test_file_in_an_unmarked_folder_knows_the_packages_beside_it(downloads: Any) -> None:
    beside = ["b.py", "pkg/__init__.py", "pkg/d.py", "pkg/sub/__init__.py"]
    assert planned(downloads, "a.py") == [(".", ["a.py"], beside)]
    assert planned(downloads, "pkg/d.py")[0][:2] == (".", ["pkg/d.py"])
    assert planned(downloads, "unpacked/c.py") == [("unpacked", ["unpacked/c.py"], [])]


def test_given_files_need_not_be_there(project: Any) -> None:
    touch(project, "a.py")
    assert planned(project, "new/b.py", given=("new/b.py",)) == [(".", ["new/b.py"], ["a.py"])]
    with pytest.raises(files.MissingPath):
        planned(project, "new/b.py")


def test_an_empty_path_is_not_the_working_directory() -> None:
    for named in ([""], [".", ""]):
        with pytest.raises(files.MissingPath, match=r"empty; the working directory is `\.`"):
            plan(named, Configurations())


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_a_named_pipe_is_no_file(project: Any) -> None:
    """Nobody writes there, so that whoever reads it would wait for ever."""
    touch(project, "a.py")
    os.mkfifo(project.root / "pipe.py")
    assert planned(project, ".") == [(".", ["a.py"], [])]
    with pytest.raises(files.MissingPath, match=r"pipe\.py: a named pipe"):
        planned(project, "a.py", "pipe.py")
    assert planned(project, "pipe.py", given=("pipe.py",)) == [(".", ["pipe.py"], ["a.py"])]


@pytest.mark.skipif(not os.path.exists("/dev/fd/0"), reason="the system has no names for what is open")  # noqa: PTH110
def test_what_a_shell_makes_of_the_output_of_a_command_is_read(project: Any) -> None:
    end, start = os.pipe()
    os.write(start, b"def f(:\n")
    os.close(start)
    assert [one.code for one in runner.check_paths([f"/dev/fd/{end}"])] == ["FSL902"]
    os.close(end)


def test_factory_of_another_module_is_known_to_a_single_file(shop: Any) -> None:
    shop.write({"app/db.py": "import pymongo\nSessionLocal = pymongo.MongoClient\n"})
    assert [one.code for one in runner.check_paths([shop.root / "app/jobs.py"])] == ["FSL501"]


# --- the Python interface ---


def test_check_paths(shop: Any) -> None:
    found = runner.check_paths([shop.root])
    assert [(one.code, one.span.row) for one in found] == [("FSL501", 5), ("FSL101", 9), ("FSL102", 14)]
    assert {one.path for one in found} == {f"{shop.root}/app/jobs.py"}
    assert all(one.fix is not None for one in found)


def test_check_paths_reads_the_configuration_unless_settings_are_given(shop: Any) -> None:
    shop.write({"pyproject.toml": TABLE + 'select = ["FSL101"]\n'})
    assert [one.code for one in runner.check_paths([str(shop.root)])] == ["FSL101"]
    assert [one.code for one in runner.check_paths([str(shop.root)], Settings(select=("FSL5",)))] == ["FSL501"]


def test_check_source(shop: Any) -> None:
    text = shop.text("app/jobs.py")
    for code in (text, text.encode()):
        found = runner.check_source(code, shop.root / "app/other.py", Settings(select=("FSL1",)))
        assert [one.code for one in found] == ["FSL101", "FSL102"]
    assert runner.check_source("x = 1\n", shop.root / "app/jobs.py") == []
    assert [one.code for one in runner.check_source("def f(:\n")] == ["FSL902"]


def test_errors_of_the_python_interface(shop: Any) -> None:
    with pytest.raises(files.MissingPath):
        runner.check_paths([shop.root / "nowhere"])
    with pytest.raises(InvalidSettings, match="FSL999"):
        runner.check_source("x = 1\n", settings=Settings(select=("FSL999",)))


@pytest.mark.parametrize("was_on", [True, False])
def test_garbage_collection_is_paused_and_comes_back(shop: Any, monkeypatch: pytest.MonkeyPatch, was_on: bool) -> None:
    seen = []

    def finish(*_: Any, **__: Any) -> list[Any]:
        seen.append(gc.isenabled())
        raise RuntimeError

    monkeypatch.setattr(engine, "finish", finish)
    (gc.enable if was_on else gc.disable)()
    try:
        with pytest.raises(RuntimeError):
            runner.check_paths([shop.root])
        assert (seen, gc.isenabled()) == ([False], was_on)
    finally:
        gc.enable()
