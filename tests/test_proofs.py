"""Each rule's pitfall is run on the real libraries and shows its symptom; corrected, it does not.

tests/proofs/README.md says how a proof is written.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest

from fastapi_session_lint import engine, fixer
from fastapi_session_lint.findings import Applicability
from fastapi_session_lint.rules import all_rules
from fastapi_session_lint.settings import Settings
from fastapi_session_lint.source import Source

PROOFS = Path(__file__).parent / "proofs"
PROJECT = "/project"  # a neutral place: under tests/ everything would count as test code
POSTGRES = "FSL_TEST_POSTGRES_URL"
TIMEOUT = 60
_DATABASE = re.compile(r"^# database: (\S+)$", re.MULTILINE)

WITHOUT_PROOF = {
    "FSL209": "a matter of style: an unguarded commit is right as long as whoever made the session closes it",
    "FSL405": "about types only: both factories make the same sessions",
    "FSL504": "a matter of style: making a factory takes microseconds and leaves nothing behind",
    "FSL505": "a matter of secrecy: the password works, and that is the trouble",
    "FSL901": "about the linter itself: a comment is never run",
    "FSL902": "about the linter itself: a file that cannot be parsed cannot be run either",
    "FSL903": "about the linter itself",
}
"""The rules that have nothing to run, and why."""


@dataclass(frozen=True, slots=True)
class Proof:
    """A folder of tests/proofs: bad and good modules, run.py, symptom.txt."""

    folder: Path

    @property
    def code(self) -> str:
        return self.folder.name.partition("_")[0]

    @property
    def run(self) -> str:
        return (self.folder / "run.py").read_text(encoding="utf-8")

    @property
    def database(self) -> str:
        """The SQLAlchemy dialect and driver that it runs on."""
        found = _DATABASE.search(self.run)
        return found[1] if found else "sqlite"

    @property
    def symptom(self) -> list[str]:
        return (self.folder / "symptom.txt").read_text(encoding="utf-8").splitlines()

    def modules(self, form: str) -> dict[str, bytes]:
        """The modules of the bad or the good form, by their path where they are run."""
        if (single := self.folder / f"{form}.py").is_file():
            return {"app.py": single.read_bytes()}
        top = self.folder / form
        return {path.relative_to(top).as_posix(): path.read_bytes() for path in sorted(top.rglob("*.py"))}


ALL = tuple(Proof(path.parent) for path in sorted(PROOFS.glob("*/run.py")))
each_proof = pytest.mark.parametrize("proof", ALL, ids=lambda one: one.folder.name)
each_form = pytest.mark.parametrize("form", ["bad", "good"])


def sources(proof: Proof, form: str) -> list[Source]:
    return [Source(f"{PROJECT}/{name}", data) for name, data in proof.modules(form).items()]


def settings(proof: Proof) -> Settings:
    """What is on by default, and the rule itself where it is not."""
    return Settings(extend_select=(proof.code,))


@each_proof
def test_bad_form_is_reported_by_its_rule_alone(proof: Proof) -> None:
    found = engine.check(sources(proof, "bad"), settings(proof))
    assert {one.code for one in found} == {proof.code}, [f"{one.span.row} {one.code} {one.message}" for one in found]


@each_proof
def test_good_form_is_silent(proof: Proof) -> None:
    found = engine.check(sources(proof, "good"), settings(proof))
    assert [f"{one.span.row} {one.code} {one.message}" for one in found] == []


@each_proof
def test_good_form_is_what_the_fix_makes(proof: Proof, pytestconfig: pytest.Config) -> None:
    """Unless nothing can be fixed: then the corrected form is somebody's work."""
    before = sources(proof, "bad")
    found = engine.check(before, settings(proof), with_fixes=True)
    can_be_fixed = [one for one in found if one.fix and one.fix.edits and one.fix.applicability is not _DISPLAY]
    if not can_be_fixed:
        return
    outcome = fixer.fix(before, settings(proof), report=None, unsafe=True)
    fixed = {name: outcome.changed.get(f"{PROJECT}/{name}", data) for name, data in proof.modules("bad").items()}
    if pytestconfig.getoption("--update"):
        write(proof, fixed)
    assert proof.modules("good") == fixed, "see what `pytest --update` makes of it"


_DISPLAY = Applicability.DISPLAY


def write(proof: Proof, modules: dict[str, bytes]) -> None:
    if (proof.folder / "bad.py").is_file():
        (proof.folder / "good.py").write_bytes(modules["app.py"])
        return
    for name, data in modules.items():
        path = proof.folder / "good" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


@each_proof
@each_form
def test_run(proof: Proof, form: str, tmp_path: Path) -> None:
    for name, data in proof.modules(form).items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    shutil.copy(proof.folder / "run.py", tmp_path / "run.py")
    with database_url(proof.database, tmp_path) as url:
        done = subprocess.run(
            [sys.executable, "run.py"],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(PROOFS), "DATABASE_URL": url, "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines() == (proof.symptom if form == "bad" else []), done.stdout + done.stderr


@contextmanager
def database_url(dialect: str, folder: Path) -> Iterator[str]:
    """An empty database of one's own, named as SQLAlchemy does."""
    if dialect.startswith("sqlite"):
        yield f"{dialect}:///{folder / 'proof.db'}"
        return
    server = os.environ.get(POSTGRES)
    if not server:
        pytest.skip(
            f"runs on PostgreSQL: set {POSTGRES} to the URL of a server, as postgresql://user@localhost/postgres"
        )
    psycopg = pytest.importorskip("psycopg")
    parts = urlsplit(server)
    name = f"fsl_proof_{uuid.uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'create database "{name}"')
        try:
            yield urlunsplit((dialect, parts.netloc, f"/{name}", parts.query, ""))
        finally:
            connection.execute(f'drop database if exists "{name}" with (force)')


# --- the proofs as a whole ---


def test_each_rule_has_a_proof_or_a_reason() -> None:
    proven = {proof.code for proof in ALL}
    assert proven & set(WITHOUT_PROOF) == set()
    assert proven | set(WITHOUT_PROOF) == {rule.code for rule in all_rules()}


def test_every_fix_is_proven() -> None:
    """The bad form of some proof, fixed, is its good form, which runs without the symptom."""
    shown = {proof.code for proof in ALL if _fixable(proof)}
    applied = (Applicability.SAFE, Applicability.UNSAFE)
    assert {rule.code for rule in all_rules() if rule.fix in applied} - shown <= set(WITHOUT_PROOF)


def _fixable(proof: Proof) -> bool:
    found = engine.check(sources(proof, "bad"), settings(proof), with_fixes=True)
    return any(one.fix and one.fix.edits and one.fix.applicability is not _DISPLAY for one in found)


@each_proof
def test_proof_is_complete(proof: Proof) -> None:
    assert proof.symptom, "symptom.txt is what the bad form prints"
    assert proof.modules("bad")
    assert proof.modules("good")
    assert not re.search(r"\bperf_counter|\bmonotonic|time\.time\(", proof.run), "judge by order or count, not by time"
    assert re.fullmatch(r"FSL\d{3}(_[a-z0-9_]+)?", proof.folder.name)


def test_without_a_server_the_reason_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(POSTGRES, raising=False)
    with pytest.raises(pytest.skip.Exception, match=POSTGRES), database_url("postgresql+psycopg", tmp_path):
        pass
