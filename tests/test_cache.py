"""The cache: the same findings with it and without it, whatever has become of its files."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from fastapi_session_lint import __version__
from fastapi_session_lint.cache import findings as form
from fastapi_session_lint.cache.folder import NAME, TAG, Cache, Caching, delete
from fastapi_session_lint.findings import Applicability, Edit, Finding, Fix, Note, Repair, RepairKind, Severity, Span

CHECK = ("check", "--output-format", "json", "--exit-zero")
LOADED = f"""\
import sys
from fastapi_session_lint.cli import run
run({CHECK!r})
print(*sys.modules, file=sys.stderr)
"""
"""A run that tells which modules it has loaded."""


def entries(root: Path) -> list[Path]:
    return sorted(path for path in (root / NAME / __version__).rglob("*") if path.is_file())


def forget_runs(project: Any) -> None:
    """Leave only what is known of single files."""
    for kind in ("runs", "records"):
        shutil.rmtree(project.root / NAME / __version__ / kind)


@pytest.fixture
def warm(shop: Any) -> Any:
    """The shop after a run that filled its cache."""
    assert shop.fsl(*CHECK).code == 0
    assert entries(shop.root)
    return shop


def test_warm_findings_are_the_cold_ones(warm: Any) -> None:
    cold = warm.fsl(*CHECK, "--no-cache")
    assert warm.fsl(*CHECK) == cold
    assert "FSL101" in cold.out


def test_an_unchanged_run_asks_nothing_but_the_cache(warm: Any) -> None:
    """The entry is written over with other findings: if these come out, nothing was judged."""
    [entry] = [path for path in entries(warm.root) if path.parent.name == "runs"]
    cache = Cache(str(warm.root / NAME))
    cache.write("runs", entry.name, b"[]")
    assert warm.fsl(*CHECK).out == "[]\n"


def test_a_warm_run_loads_no_parser(warm: Any) -> None:
    loaded = set(warm.python("-c", LOADED).err.split())
    assert not loaded & {"libcst", "rich", "fastapi_session_lint.engine", "fastapi_session_lint.context"}
    assert "fastapi_session_lint.runner" in loaded


def test_who_changes_a_comment_has_no_rule_loaded(warm: Any) -> None:
    cold = warm.fsl(*CHECK)
    path = warm.root / "app" / "jobs.py"
    path.write_text(path.read_text() + "# nightly\n")
    done = warm.python("-c", LOADED)
    loaded = set(done.err.split())
    assert "fastapi_session_lint.comparison" in loaded
    assert not [one for one in loaded if one.startswith("fastapi_session_lint.rules")]
    assert done.out == cold.out


def test_a_warm_flake8_plugin_loads_no_parser(shop: Any) -> None:
    code = (
        "import sys, ast, argparse\nfrom fastapi_session_lint.flake8_plugin import Plugin\n"
        "Plugin.parse_options(None, argparse.Namespace(filenames=['app']), [])\n"
        "print(*Plugin(ast.parse(''), 'app/jobs.py', []).run(), sep='\\n')\n"
        "print(*sys.modules, file=sys.stderr)\n"
    )
    cold, again = shop.python("-c", code), shop.python("-c", code)
    assert cold.out == again.out
    assert "FSL101" in cold.out
    assert "fastapi_session_lint.engine" in cold.err.split()
    assert not {"libcst", "rich", "click", "fastapi_session_lint.engine"} & set(again.err.split())


def damages() -> Iterator[Any]:
    def cut(data: bytes) -> bytes:
        return data[: len(data) // 2]

    def flipped(data: bytes) -> bytes:
        return data[:-3] + bytes([data[-3] ^ 1]) + data[-2:]

    yield pytest.param(cut, id="cut short")
    yield pytest.param(flipped, id="a bit flipped")
    yield pytest.param(lambda _: b"", id="empty")
    yield pytest.param(lambda data: data + b"]", id="too long")
    yield pytest.param(lambda _: b"\x80\x04cos\nsystem\n", id="foreign")


@pytest.mark.parametrize("damage", list(damages()))
def test_each_damaged_file_is_ignored_and_written_anew(warm: Any, damage: Callable[[bytes], bytes]) -> None:
    cold = warm.fsl(*CHECK, "--no-cache")
    for path in entries(warm.root):
        good = path.read_bytes()
        path.write_bytes(damage(good))
        assert warm.fsl(*CHECK) == cold
        assert path.read_bytes() == good or path.parent.name != "runs"  # nobody asks for the rest of an unchanged run


@pytest.mark.parametrize(
    "content",
    [
        b"{}", b"[1]", b"[[]]", b"\xff", b"[" * 100_000, b"null",
        b'[["FSL101","a","warning","m",7,[1,0,1,1],[],null,null,["f","db=Session"]]]',
        b'[["FSL101","a","warning","m",-1,[1,0,1,1],[],null,null,["f","db=Session"]]]',
        b'[["FSL101","a","fatal","m",0,[1,0,1,1],[],null,null,["f","db=Session"]]]',
        b'[["FSL101","a","warning","m",0,[1,0,1],[],null,null,["f","db=Session"]]]',
        b'[["FSL101","a","warning",5,0,[1,0,1,1],[],null,null,["f","db=Session"]]]',
        b'[["FSL101","a","warning","m",0,[1,0,1,1],[],["close-session",[1,0,1,1],"",0,"safe",true],null]]',
    ],
)  # fmt: skip
def test_what_is_no_list_of_findings_is_none(content: bytes) -> None:
    assert form.decoded(content, ["/a.py"]) is None


@pytest.mark.parametrize(
    "content",
    [
        b"{}", b"[1]", b"[[]]", b"[[], 5]", b"\xff", b"[" * 100_000, b"null", b"[[7], []]", b"[[-1], []]",
        b'[["a"], []]',
        b'[[], [["FSL101","a","warning","m",0,[1,0,1,1],[],null,null,["f","db=Session"]]]]',
        b'[[0], [["FSL101","a","warning","m",7,[1,0,1,1],[],null,null,["f","db=Session"]]]]',
    ],
)  # fmt: skip
def test_what_is_no_table_of_findings_is_none(content: bytes) -> None:
    assert form.files_decoded(content, ["/a.py"]) is None


def test_a_file_without_findings_is_told_as_such() -> None:
    finding = b'["FSL101","a","warning","m",0,[1,0,1,1],[],null,null,null]'
    found = form.files_decoded(b"[[0,1],[%b]]" % finding, ["/a.py", "/b.py"])
    assert found is not None
    assert [one.code for one in found["/a.py"]] == ["FSL101"]
    assert found["/b.py"] == []
    assert form.files_decoded(form.files_encoded(found, ["/a.py", "/b.py"]) or b"", ["/a.py", "/b.py"]) == found


def test_a_well_formed_list_is_read() -> None:
    data = b'[["FSL101","a","warning","m",0,[1,0,1,1],[],null,null,["f","db=Session"]]]'
    [finding] = form.decoded(data, ["/a.py"]) or []
    assert (finding.code, finding.path) == ("FSL101", "/a.py")
    assert form.encoded([finding], ["/a.py"]) == data
    assert form.encoded([finding], ["/b.py"]) is None


@pytest.mark.parametrize("damage", list(damages()))
def test_damaged_models_and_fixes_are_ignored_and_written_anew(warm: Any, damage: Callable[[bytes], bytes]) -> None:
    kept = [path for path in entries(warm.root) if path.parent.name in ("models", "fixes")]
    good = {path: path.read_bytes() for path in kept}
    assert [path.parent.name for path in kept] == ["fixes", "models", "models"]
    for path in kept:
        path.write_bytes(damage(good[path]))
    forget_runs(warm)
    assert warm.fsl(*CHECK) == warm.fsl(*CHECK, "--no-cache")
    assert {path: path.read_bytes() for path in kept} == good


def test_models_are_kept_for_files_that_stay(warm: Any) -> None:
    """The model of one file is written over with that of an empty one: if nothing is found there, it was not parsed."""
    before = set(entries(warm.root))
    warm.write({"app/more.py": "x = 1\n"})
    warm.fsl(*CHECK)
    [model] = [path for path in set(entries(warm.root)) - before if path.parent.name == "models"]
    cache = Cache(str(warm.root / NAME))
    empty = cache.read("models", model.name)
    assert empty is not None
    for path in before:
        if path.parent.name == "models":
            cache.write("models", path.name, empty)
    forget_runs(warm)
    assert warm.fsl(*CHECK).out == "[]\n"


def test_a_changed_file_is_checked_without_libcst(warm: Any) -> None:
    """The fixes of the other files are known, and what `ast` can read needs nothing else."""
    warm.write({"app/more.py": "from sqlalchemy.orm import Session\n\n\ndef count(db: Session) -> None: ...\n"})
    loaded = set(warm.python("-c", LOADED).err.split())
    assert "fastapi_session_lint.context" in loaded
    assert "libcst" not in loaded


def test_fixes_are_planned_anew_for_another_text(warm: Any) -> None:
    text = warm.text("app/jobs.py")
    warm.write({"app/jobs.py": f"# a line more\n{text}"})
    assert warm.fsl(*CHECK) == warm.fsl(*CHECK, "--no-cache")


def test_any_change_is_seen(warm: Any) -> None:
    warm.write({"app/jobs.py": warm.text("app/jobs.py").replace("count", "tally")})
    assert warm.fsl(*CHECK) == warm.fsl(*CHECK, "--no-cache")
    warm.write({"app/db.py": "SessionLocal = None\n"})
    assert warm.fsl(*CHECK) == warm.fsl(*CHECK, "--no-cache")
    (warm.root / "app/db.py").unlink()
    assert warm.fsl(*CHECK) == warm.fsl(*CHECK, "--no-cache")


@pytest.mark.parametrize(
    "table", ['select = ["FSL505"]', 'ignore = ["FSL101"]', 'sqlalchemy-version = "1.3"', "session-factory-names = []"]
)
def test_settings_are_part_of_the_question(warm: Any, table: str) -> None:
    warm.write({"pyproject.toml": f"[tool.fastapi-session-lint]\n{table}\n"})
    assert warm.fsl(*CHECK) == warm.fsl(*CHECK, "--no-cache")


def test_requirements_are_part_of_the_question(warm: Any) -> None:
    warm.write({"requirements.txt": "sqlalchemy==1.3.24\n"})
    assert warm.fsl(*CHECK) == warm.fsl(*CHECK, "--no-cache")


def test_a_mistaken_selection_is_still_told(warm: Any) -> None:
    assert warm.fsl("check", "--select", "FSL999").code == 2


def test_one_file_and_all_are_different_questions(warm: Any) -> None:
    assert warm.fsl(*CHECK, "app/db.py") == warm.fsl(*CHECK, "app/db.py", "--no-cache")
    assert warm.fsl(*CHECK, "--ignore-suppressions") == warm.fsl(*CHECK, "--ignore-suppressions", "--no-cache")


def test_standard_input_counts_as_the_file(warm: Any) -> None:
    text = "\n" + warm.text("app/jobs.py")
    arguments = (*CHECK, "-", "--stdin-filename", "app/jobs.py")
    cold = warm.fsl(*arguments, "--no-cache", stdin=text)
    assert warm.fsl(*arguments, stdin=text) == cold
    assert warm.fsl(*arguments, stdin=text) == cold
    assert cold.out != warm.fsl(*CHECK).out


def test_the_folder_says_what_it_is(warm: Any) -> None:
    folder = warm.root / NAME
    assert (folder / TAG).read_bytes().startswith(b"Signature: 8a477f597d28d172789f06886806bc55\n")
    assert (folder / ".gitignore").read_text().endswith("*\n")


@pytest.mark.parametrize("how", ["option", "environment"])
def test_the_folder_can_be_chosen(shop: Any, how: str) -> None:
    options = ["--cache-dir", "../kept"] if how == "option" else []
    environment = {"FSL_CACHE_DIR": "../kept"} if how == "environment" else {}
    assert shop.fsl(*CHECK, *options, **environment).code == 0
    assert (shop.root.parent / "kept" / TAG).is_file()
    assert not (shop.root / NAME).exists()


def test_what_other_versions_left_is_swept(shop: Any) -> None:
    for name in ("0.0.1/runs/a", "0.0.2rc1/b", "notes/c", "README"):
        shop.write({f"{NAME}/{name}": "x"})
    shop.fsl(*CHECK)
    assert {path.name for path in (shop.root / NAME).iterdir()} == {
        __version__, "notes", "README", TAG, ".gitignore",
    }  # fmt: skip


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_only_costs_time(shop: Any) -> None:
    cold = shop.fsl(*CHECK, "--no-cache")
    shop.root.chmod(0o555)
    try:
        assert shop.fsl(*CHECK) == cold
    finally:
        shop.root.chmod(0o755)


def test_a_file_in_the_place_of_the_folder_only_costs_time(shop: Any) -> None:
    shop.write({NAME: "not a folder"})
    assert shop.fsl(*CHECK) == shop.fsl(*CHECK, "--no-cache")
    assert shop.text(NAME) == "not a folder"


def test_a_link_in_the_place_of_the_folder_is_not_followed(shop: Any) -> None:
    outside = shop.root.parent / "outside"
    (outside / "0.0.1").mkdir(parents=True)
    (shop.root / NAME).symlink_to(outside)
    assert shop.fsl(*CHECK) == shop.fsl(*CHECK, "--no-cache")
    assert [path.name for path in outside.iterdir()] == ["0.0.1"]


def test_only_what_carries_the_mark_is_deleted(warm: Any, tmp_path: Path) -> None:
    link, plain = tmp_path / "link", tmp_path / "plain"
    link.symlink_to(warm.root / NAME)
    plain.mkdir()
    assert not delete(str(link))
    assert not delete(str(plain))
    assert not delete(str(tmp_path / "nothing"))
    assert delete(str(warm.root / NAME))
    assert not (warm.root / NAME).exists()
    assert plain.exists()


def test_the_older_half_goes_when_there_are_too_many(tmp_path: Path) -> None:
    cache = Cache(str(tmp_path))
    for number in range(70):
        cache.write("runs", f"{number:032x}", b"x")
        os.utime(tmp_path / __version__ / "runs" / f"{number:032x}", (number, number))
    cache.trim()
    assert [int(path.name, 16) for path in sorted((tmp_path / __version__ / "runs").iterdir())] == list(range(38, 70))


def test_nothing_is_kept_unless_asked_for(tmp_path: Path) -> None:
    assert Caching().of(str(tmp_path)) is None


def start(shop: Any) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    command = [sys.executable, "-m", "fastapi_session_lint", *CHECK]
    return subprocess.Popen(command, cwd=shop.root, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_two_at_once_find_the_same(shop: Any) -> None:
    shop.write({f"app/jobs{number}.py": shop.text("app/jobs.py") for number in range(20)})
    cold = shop.fsl(*CHECK, "--no-cache").out.encode()
    both = [start(shop) for _ in range(2)]
    assert [one.communicate() for one in both] == [(cold, b""), (cold, b"")]
    assert shop.fsl(*CHECK).out.encode() == cold
    assert not [path for path in entries(shop.root) if "tmp" in path.name]


@pytest.mark.parametrize("delay", [0.05, 0.3, 0.6])
def test_a_run_killed_half_way_leaves_nothing_wrong(shop: Any, delay: float) -> None:
    shop.write({f"app/jobs{number}.py": shop.text("app/jobs.py") for number in range(20)})
    cold = shop.fsl(*CHECK, "--no-cache")
    running = start(shop)
    try:
        running.wait(delay)
    except subprocess.TimeoutExpired:
        running.kill()
    running.communicate()
    assert shop.fsl(*CHECK) == cold
    assert shop.fsl(*CHECK) == cold


def test_a_copy_elsewhere_is_judged_anew(warm: Any) -> None:
    copy = warm.root.parent / "copy"
    shutil.copytree(warm.root, copy)
    found = warm.fsl(*CHECK, cwd="../copy")
    assert found == warm.fsl(*CHECK, "--no-cache", cwd="../copy")


def test_no_part_of_a_finding_is_forgotten() -> None:
    span = Span(1, 2, 3, 4)
    full = Finding(
        code="FSL101",
        name="unclosed-session",
        severity=Severity.WARNING,
        message="m",
        path="/a.py",
        span=span,
        trail=(Note("/a.py", span, "n"),),
        repair=Repair(RepairKind.CLOSE_SESSION, span, "db", True, Applicability.UNSAFE, own_imports=("sessionmaker",)),
        fix=Fix("f", Applicability.SAFE, (Edit(span, "e"),)),
        site=("f", "db=Session"),
    )
    for one in (full, full.trail[0], full.repair, full.fix, full.fix.edits[0] if full.fix else None):
        plain = [field for field in fields(one) if getattr(one, field.name) == field.default]  # type: ignore[arg-type]
        assert not plain, "a new field: keep it in cache.findings, and give it a value of its own here"
    kept = form.decoded(form.encoded([full], ["/a.py"]) or b"", ["/a.py"])
    assert kept == [full]
    assert kept[0].site == full.site  # which is no part of what findings are compared by
