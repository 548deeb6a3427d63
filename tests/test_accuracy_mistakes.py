"""benchmarks/accuracy/mistakes.py: what it breaks, and what it counts."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "benchmarks" / "accuracy" / "mistakes.py"
KINDS = ("awaits", "routes", "blocks", "managers", "rollbacks", "endings", "markers")
CODE = """\
from fastapi import Depends, FastAPI
from sqlalchemy import create_engine, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import Session, sessionmaker

SessionLocal = sessionmaker(create_engine("postgresql+psycopg://localhost/app"))
AsyncSessionLocal = async_sessionmaker(create_async_engine("postgresql+asyncpg://localhost/app"))
app = FastAPI()


def get_db():
    db = SessionLocal()
    try:
        yield db
    finally:
        db.close()


async def get_users_db():
    async with AsyncSessionLocal() as db:
        yield db


@app.get("/users")
def count_users(db: Session = Depends(get_db)) -> int:
    return db.execute(text("select count(*) from users")).scalar_one()


@app.post("/users")
async def add_user(db: AsyncSession = Depends(get_users_db)) -> None:
    await db.commit()


def save(user: object) -> None:
    with SessionLocal() as db:
        try:
            db.add(user)
            db.commit()
        except Exception:
            db.rollback()
            raise
"""
BLIND = "print([])"


def counted(tmp_path: Path, *options: str) -> dict[str, tuple[int, int]]:
    """Of each kind how many were reported, and how many there are."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "app.py").write_text(CODE)
    line = [sys.executable, str(SCRIPT), str(folder), *options]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(line, check=True, capture_output=True, text=True, env=environment)
    assert (folder / "app.py").read_text() == CODE
    rows = [one.split() for one in done.stdout.splitlines() if one.endswith("reported")]
    return {name: (int(reported), int(total)) for name, reported, _, total, _ in rows}


def test_every_kind_is_made_and_reported(tmp_path: Path) -> None:
    assert counted(tmp_path) == dict.fromkeys(KINDS, (1, 1))


@pytest.mark.parametrize("name", KINDS)
def test_what_is_not_reported_is_counted_as_missed(tmp_path: Path, name: str) -> None:
    blind = tmp_path / "blind.py"
    blind.write_text(BLIND)

    found = counted(tmp_path, "--kind", name, "--fsl", shlex.join([sys.executable, str(blind)]))

    assert found.keys() == {name}
    assert found[name][0] == 0
    assert found[name][1] > 0
