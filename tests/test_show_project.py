"""`fsl check --show-project`: what the tool understood, and why it stayed silent."""

from __future__ import annotations

import json
from typing import Any

import pytest

DATABASE = """\
from typing import Annotated

from fastapi import Depends
from sqlalchemy import create_engine
from sqlalchemy.orm import Session, scoped_session, sessionmaker

engine = create_engine("postgresql+psycopg://localhost/shop")
SessionLocal = sessionmaker(engine)
registry = scoped_session(SessionLocal)


def get_db():
    with SessionLocal() as db:
        yield db


def get_leaky():
    db = SessionLocal()
    yield db
    db.close()


def get_open():
    return SessionLocal()


def get_registry():
    yield registry()


Db = Annotated[Session, Depends(get_db)]


def get_user(db: Db):
    return db.get(int, 1)


class Basket:
    def __init__(self, db: Db):
        self.db = db


def get_basket(basket: Basket = Depends()):
    return basket
"""

ROUTES = """\
from fastapi import APIRouter, Depends
from company.auth import check_token

from .database import Basket, Db, SessionLocal, get_basket, get_gone, get_leaky, get_open, get_user

router = APIRouter(dependencies=[Depends(check_token)])


@router.get("/orders")
def orders(db: Db, user=Depends(get_user)):
    return db.execute(user)


@router.post("/orders")
@router.put("/orders/{number}")
def order(basket: Basket = Depends(get_basket)):
    with SessionLocal() as audit:
        audit.commit()


@router.get(PATH)
def open_orders(db=Depends(get_open), other=Depends(get_leaky)):
    return db.execute(other)


@router.get("/health")
def health(session):
    session.commit()
    session.commit()
"""


@pytest.fixture
def known(project: Any) -> Any:
    return project.write({"shop/__init__.py": "", "shop/database.py": DATABASE, "shop/routes.py": ROUTES})


def understood(project: Any) -> dict[str, Any]:
    done = project.fsl("check", "--show-project", "--output-format", "json")
    assert (done.code, done.err) == (0, "")
    (one,) = json.loads(done.out)
    assert one.pop("root") == str(project.root)
    return dict(one)


def named(part: list[dict[str, Any]]) -> dict[str, tuple[Any, ...]]:
    return {one["name"]: (one["row"], one["what"], one["detail"]) for one in part}


def test_engines_and_factories(known: Any) -> None:
    found = understood(known)
    assert named(found["engines"]) == {"engine": (7, "engine", "")}
    assert named(found["factories"]) == {
        "SessionLocal": (8, "factory of Session", ""),
        "registry": (9, "scoped registry of Session", ""),
    }


def test_dependencies_say_what_they_give_and_who_closes_it(known: Any) -> None:
    assert named(understood(known)["dependencies"]) == {
        "get_db": (12, "yields Session", "made and closed here"),
        "get_leaky": (17, "yields Session", "made here, not closed on every path"),
        "get_open": (23, "gives Session", "made here, closed by nobody"),
        "get_user": (34, "uses a session", "the session is from get_db"),
        "Basket": (38, "gives Basket", "the session is from get_db"),
        "get_basket": (43, "gives Basket", "the session is from get_db"),
    }


def test_routes_and_the_session_of_each(known: Any) -> None:
    routes = [
        (one["row"], one["name"], one["method"], one["url"], [tuple(map(str, got.values())) for got in one["sessions"]])
        for one in understood(known)["routes"]
    ]
    basket = "['basket > basket > db']"
    made = [("Session", "get_db", basket), ("Session", "made here", "['audit']")]
    assert routes == [
        (10, "orders", "get", "/orders", [("Session", "get_db", "['db', 'user > db']")]),
        (16, "order", "post", "/orders", made),
        (16, "order", "put", "/orders/{number}", made),
        (22, "open_orders", "get", "", [("Session", "get_open", "['db']"), ("Session", "get_leaky", "['other']")]),
        (27, "health", "get", "/health", []),
    ]


def test_names_that_could_not_be_followed(known: Any) -> None:
    assert named(understood(known)["unresolved"]) == {
        "check_token": (None, "injected", "imported from company.auth, which is not in the project"),
        "get_gone": (None, "imported from .database", "the module does not define it"),
        "session": (29, "commit() is called on it", "a parameter without an annotation"),
    }


def test_files_of_tests_are_left_out(project: Any) -> None:
    project.write({"tests/test_shop.py": DATABASE})
    found = understood(project)
    assert found.pop("versions") == ["SQLAlchemy newest, FastAPI newest, Python newest"]
    assert found == {"engines": [], "factories": [], "dependencies": [], "routes": [], "unresolved": []}


def test_releases_that_the_project_runs_on(known: Any) -> None:
    known.write({"requirements.txt": "sqlalchemy==1.4.54\nfastapi<0.110\n"})
    assert understood(known)["versions"] == ["SQLAlchemy 1.4.54, FastAPI 0.109, Python newest"]


def test_text_is_aligned_and_relative_to_the_folder(known: Any) -> None:
    done = known.fsl("check", "--show-project", "database.py", cwd="shop")
    assert done.code == 0
    lines = done.out.splitlines()
    assert lines[0] == str(known.root)
    assert "  factories (2)" in lines
    assert "    database.py:8  SessionLocal  factory of Session" in lines
    assert "    database.py:9  registry      scoped registry of Session" in lines
    assert "  routes (0)" in lines


def test_two_roots_are_told_apart(known: Any) -> None:
    known.write({"other/pyproject.toml": "", "other/main.py": DATABASE})
    done = known.fsl("check", "--show-project", "--output-format", "json", "other", "shop")
    assert [one["root"] for one in json.loads(done.out)] == [str(known.root), f"{known.root}/other"]
