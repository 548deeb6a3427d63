"""A changed file that says what it said before: nothing is judged anew, and every finding is as if it had been."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from fastapi_session_lint import engine
from fastapi_session_lint.cache.folder import Cache
from fastapi_session_lint.cache.keys import model_key
from fastapi_session_lint.configuration import Configurations
from fastapi_session_lint.judge import Judge
from fastapi_session_lint.model.parsing import tree_of
from fastapi_session_lint.reading import read_by_processes
from fastapi_session_lint.readings import is_read
from fastapi_session_lint.reuse import Records
from fastapi_session_lint.rules import all_rules
from fastapi_session_lint.runner import Sources
from fastapi_session_lint.settings import Settings
from fastapi_session_lint.sites import sited
from fastapi_session_lint.source import Source
from fastapi_session_lint.work import Work, plan

FIXTURES = Path(__file__).parent / "fixtures"
EVERYTHING = Settings(select=("ALL",))
DATABASE = '''\
"""The database."""
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker

engine = create_engine("postgresql://db/shop")
SessionLocal = sessionmaker(bind=engine)
LIMIT = 5


def get_db():
    db = SessionLocal()
    yield db


def report(rows):
    return sum(rows)
'''
ROUTES = """\
from fastapi import APIRouter, Depends, HTTPException
from app.database import SessionLocal, get_db

router = APIRouter()


@router.get("/")
def count(db=Depends(get_db)):
    return db.execute("select 1").scalar()


def clean():
    db = SessionLocal()
    db.execute("delete from carts")
    db.commit()


def first(db=Depends(get_db)):
    held = {"the carts": db}
    if not held["the carts"].execute("select 1").scalar():
        raise HTTPException(404, detail="No carts here")


def shown(row):
    return row + 1
"""
FILES = {"app/__init__.py": "", "app/database.py": DATABASE, "app/routes.py": ROUTES}


def work_of(root: Path) -> Work:
    [work] = plan([str(root)], Configurations(isolated=EVERYTHING))
    return work


def judged(work: Work, sources: Sequence[Source]) -> list[Any]:
    """What the rules find, from scratch."""
    names = engine.injected_names_of(sources)
    readings = [engine.read(source, names) for source in sources]
    paths = [one.path for one in sources]
    found = Judge(paths, readings, EVERYTHING, all_rules(), work.versions).findings(work.report)
    return [(one, one.site) for one in sited(found, {one.path: one for one in sources})]


def keep(cache: Cache, work: Work, sources: Sequence[Source]) -> None:
    """What a run leaves behind."""
    injected = [engine.injected_names_of([one]) for one in sources]
    known = read_by_processes(sources, 1, cache, frozenset[str]().union(*injected))
    readings = [known[one] for one in sources]
    names = frozenset[str]().union(*injected)
    Records(cache, work, sources).keep(
        [model_key(one, names) for one in sources],
        injected,
        frozenset(number for number, one in enumerate(readings) if not is_read(one)),
        [one for one, _ in judged(work, sources)],
    )


def before(cache: Cache, work: Work, sources: Sequence[Source]) -> list[Any] | None:
    """What is taken over, None where nothing is."""
    found = Records(cache, work, sources).judged()
    if found is None:
        return None
    moved = sorted(found.findings, key=lambda one: one.order)
    return [(one, one.site) for one in sited(moved, {one.path: one for one in sources})]


class Shop:
    """A project, the cache of a run over it, and its files as they may be changed."""

    def __init__(self, root: Path, files: dict[str, str]) -> None:
        for name, text in files.items():
            path = root / "shop" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        self.work = work_of(root / "shop")
        self.cache = Cache(str(root / "cache"))
        self.sources = Sources().of(self.work)
        keep(self.cache, self.work, self.sources)

    def changed(self, **texts: str) -> list[Source]:
        """The files with new texts, by the names of their modules."""
        names = {Path(one.path).stem: one.path for one in self.sources}
        given = {names[name]: text.encode() for name, text in texts.items()}
        return [Source(one.path, given.get(one.path, one.data)) for one in self.sources]


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path, FILES)


def test_nothing_changed(shop: Shop) -> None:
    found = before(shop.cache, shop.work, shop.sources)
    assert found == judged(shop.work, shop.sources)
    assert {one.code for one, _ in found} >= {"FSL103", "FSL101"}


SAME = {
    "a comment above": ROUTES.replace("def clean", "# every night\ndef clean"),
    "a comment beside": ROUTES.replace("db.commit()", "db.commit()  # all at once"),
    "blank lines": ROUTES.replace("    db.commit()", "\n\n    db.commit()"),
    "rows at the top": f"# carts\n\n{ROUTES}",
    "fewer rows": ROUTES.replace("\n\n\n", "\n"),
    "a body that concerns no session": ROUTES.replace("row + 1", "row - 1"),
    "a new constant": f"{ROUTES}\n\n_WIDTH = 3\n",
    "a new constant in the middle": ROUTES.replace("\n\n@router", "\n_WIDTH = [3, None]\n\n\n@router"),
    "a new def that nobody mentions": f"{ROUTES}\n\ndef wide(row):\n    return row * 2\n",
    "a new class that nobody mentions": f"{ROUTES}\n\nclass Row:\n    width: int = 3\n",
    "a test that is handed nothing": f"{ROUTES}\n\ndef test_width():\n    assert 1 < 2\n",
    "a def that nobody mentions is gone": ROUTES[: ROUTES.index("def shown")],
    "a text as a constant": f'{ROUTES}\n\n_TITLE = "Carts of today"\n',
    "a typed constant": f"{ROUTES}\n\n_WIDTHS: dict[str, int] = {{}}\n",
    "a typed name": f"{ROUTES}\n\n_width: int\n",
    "an import": f"import os\n{ROUTES}",
    "an import that other files have too": ROUTES.replace("from fastapi", "from typing import Any\nfrom fastapi", 1),
    "a schema with its import": f"{ROUTES}\n\nfrom pydantic import BaseModel\nclass Row(BaseModel):\n    width: int\n",
    "a route without a session": f'{ROUTES}\n\n@router.get("/ping")\nasync def ping():\n    return {{"up": True}}\n',
    "a constant of another file's name": f"{ROUTES}\n\nLIMIT = 3\n",
    "a sentence": ROUTES.replace("No carts here", "There are no such carts"),
    "spaces": ROUTES.replace("(404, detail=", "( 404,  detail = "),
}


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in SAME.items()])
def test_what_says_the_same_is_not_judged(shop: Shop, text: str) -> None:
    sources = shop.changed(routes=text)
    assert before(shop.cache, shop.work, sources) == judged(shop.work, sources)
    assert before(shop.cache, shop.work, sources) is not None, "the next run goes by this one"


OTHER = {
    "a statement more": ROUTES.replace("    db.commit()", "    db.commit()\n    db.close()"),
    "a statement less": ROUTES.replace("    db.commit()\n", ""),
    "another order": ROUTES.replace(
        '    db.execute("delete from carts")\n    db.commit()', '    db.commit()\n    db.execute("delete from carts")'
    ),
    "another text": ROUTES.replace("delete from carts", "delete from orders"),
    "another name": ROUTES.replace("count(", "tally("),
    "an import of the project": f"import app.database\n{ROUTES}",
    "an import that tells of FastAPI": f"from fastapi import FastAPI\n{ROUTES}",
    "an import of what the file mentions": f"from os import path as held\n{ROUTES}".replace(
        "shown(row)", "shown(db=held)"
    ),
    "an import that is called as the project": f"import app as database\n{ROUTES}",
    "everything imported": f"from os import *\n{ROUTES}",
    "marks of tests": f'{ROUTES}\n\npytest_plugins = ["app.database"]\n',
    "a type that is not known": f"{ROUTES}\n\n_width: SessionLocal = None\n",
    "a route that calls what is the project's": f'{ROUTES}\n@router.get("/ping")\ndef ping():\n    return [clean()]\n',
    "a statement in place of a sentence": ROUTES.replace("No carts here", "select no carts"),
    "an address in place of a sentence": ROUTES.replace("No carts here", "No carts: postgresql://me:secret@db/shop"),
    "a name in place of a sentence": ROUTES.replace("No carts here", "carts"),
    "another key": ROUTES.replace('{"the carts"', '{"all carts"'),
    "another key to look up": ROUTES.replace('["the carts"', '["all carts"'),
    "another key both times": ROUTES.replace("the carts", "all carts"),
    "a sentence that is a key as well": ROUTES.replace("No carts here", "the carts"),
    "another order in a row": ROUTES.replace('404, detail="No carts here"', 'detail="No carts here", status_code=404'),
    "a constant of another's name": f"{ROUTES}\n\nget_db = None\n",
    "a constant that the file mentions": f"{ROUTES.replace('row + 1', '_WIDTH')}\n\n_WIDTH = 3\n",
    "an address as a constant": f'{ROUTES}\n\n_URL = "postgresql://me:secret@db/shop"\n',
    "a def that calls something of the project": f"{ROUTES}\n\ndef nightly():\n    clean()\n",
    "a test that is handed a fixture": f"{ROUTES}\n\ndef test_width(wide):\n    assert wide\n",
    "two rows in one": ROUTES.replace(
        '    db.execute("delete from carts")\n    db.commit()', '    db.execute("delete from carts"); db.commit()'
    ),
    "no Python": f"{ROUTES}\ndef (:\n",
}


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in OTHER.items()])
def test_what_says_something_else_is_judged_anew(shop: Shop, text: str) -> None:
    assert before(shop.cache, shop.work, shop.changed(routes=text)) is None


TAKING = {
    "by name": "from app.routes import LIMIT\n",
    "by name, among others": "from app.routes import (\n    clean,  # (all)\n    LIMIT as MOST,\n)\n",
    "in two rows": "from app.routes import \\\n    clean, LIMIT\n",
    "from its own folder": "from .routes import LIMIT\n",
    "behind a comment that speaks of imports": "from app.routes import (\n    clean,  # import (all)\n    LIMIT,\n)\n",
    "in brackets in the next row": "from app.routes import \\\n    (clean,\n     LIMIT)\n",
    "at the end of a long list": f"from app.routes import (\n{'    clean,' * 300}\n    LIMIT,\n)\n",
    "with Windows line ends": "from app.routes import (\r\n    clean,\r\n    LIMIT,\r\n)\r\n",
    "as an attribute behind a comment": "from app import routes\n\nMOST = (routes.  # all\n    LIMIT)\n",
    "without a space": "from.routes import LIMIT\n",
    "in several rows": "from app.routes \\\n    import LIMIT\n",
    "as an attribute": "from app import routes\n\nMOST = routes.LIMIT\n",
    "by a text": 'MOST = getattr(__import__("app.routes"), "LIMIT")\n',
    "all at once": "from app.routes import *\n\nMOST = LIMIT\n",
}


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in TAKING.items()])
def test_a_name_that_another_file_takes(tmp_path: Path, text: str) -> None:
    shop = Shop(tmp_path, {**FILES, "app/jobs.py": f"from app.database import SessionLocal\n{text}"})
    assert before(shop.cache, shop.work, shop.changed(routes=f"{ROUTES}\n\nLIMIT = 3\n")) is None
    assert before(shop.cache, shop.work, shop.changed(routes=f"{ROUTES}\n\n_OWN = 3\n")) is not None


@pytest.mark.parametrize("name", ["LIMIT", "*"])
def test_a_name_that_another_file_takes_in_its_first_row(tmp_path: Path, name: str) -> None:
    text = f"\ufefffrom app.routes import {name}\n\nfrom app.database import SessionLocal\n\nMOST = LIMIT\n"
    shop = Shop(tmp_path, {**FILES, "app/jobs.py": text})
    assert before(shop.cache, shop.work, shop.changed(routes=f"{ROUTES}\n\nLIMIT = 3\n")) is None


def test_a_name_that_may_be_spelt_in_another_way(shop: Shop) -> None:
    assert before(shop.cache, shop.work, shop.changed(routes=f"{ROUTES}\n\n\u00dcBER = 3\n")) is None


LEAVING = {
    "another's": "from app.database import LIMIT\n",
    "its own": "LIMIT = 4\n",
    "a library's": "from typing import LIMIT\n",
    "everything of another": "from app.database import *\n\nMOST = LIMIT\n",
    "a library": "import LIMIT\n",
}


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in LEAVING.items()])
def test_a_name_that_another_file_has_from_elsewhere(tmp_path: Path, text: str) -> None:
    shop = Shop(tmp_path, {**FILES, "app/jobs.py": f"from app.database import SessionLocal\n{text}"})
    sources = shop.changed(routes=f"{ROUTES}\n\nLIMIT = 3\n")
    assert before(shop.cache, shop.work, sources) == judged(shop.work, sources)


def test_a_name_that_passes_through_another_file(tmp_path: Path) -> None:
    texts = {"app/jobs.py": "from app.routes import *\n", "app/more.py": "from app.jobs import *\n\nMOST = LIMIT\n"}
    shop = Shop(tmp_path, {**FILES, **texts})
    assert before(shop.cache, shop.work, shop.changed(routes=f"{ROUTES}\n\nLIMIT = 3\n")) is None


def test_a_constant_that_is_gone_and_was_used_elsewhere(tmp_path: Path) -> None:
    shop = Shop(tmp_path, {**FILES, "app/jobs.py": "from app.database import LIMIT, SessionLocal\n"})
    assert before(shop.cache, shop.work, shop.changed(database=DATABASE.replace("LIMIT = 5\n", ""))) is None


CONFTEST = """\
import pytest
from app.routes import app, get_db


@pytest.fixture
def swapped():
    app.dependency_overrides[get_db] = lambda: None
    yield


@pytest.fixture
def cleared():
    yield
    app.dependency_overrides.clear()
"""
TEST = """\
from app.routes import get_db


def test_count(cleared, swapped):
    assert get_db
"""


def test_who_asks_for_a_fixture_tells_more_of_it(tmp_path: Path) -> None:
    """A test that takes the fixture without the one that clears up: nothing but its parameter tells of that."""
    routes = f"from fastapi import FastAPI\n{ROUTES}\n\napp = FastAPI()\n"
    shop = Shop(tmp_path, {**FILES, "app/routes.py": routes, "conftest.py": CONFTEST, "test_it.py": TEST})
    sources = shop.changed(test_it=f"{TEST}\n\ndef test_width(swapped):\n    assert 1\n")
    codes = [{one.code for one, _ in judged(shop.work, some)} for some in (shop.sources, sources)]
    assert codes[1] - codes[0] == {"FSL601"}
    assert before(shop.cache, shop.work, sources) is None


SHELF = """\
import pytest
from app.database import SessionLocal


@pytest.fixture
def shelf():
    with SessionLocal() as session:
        yield session
"""
ASKING = """\
async def test_shelf(shelf):
    await shelf.commit()
"""
NEARER = """\
import pytest
from app.database import LIMIT


def width():
    return LIMIT
"""
HIDING = {
    "a fixture that concerns no session": "@pytest.fixture\ndef shelf():\n    return 1\n",
    "a hook": 'def pytest_generate_tests(metafunc):\n    metafunc.parametrize("shelf", [1])\n',
}


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in HIDING.items()])
def test_what_hides_a_fixture_is_not_idle(tmp_path: Path, text: str) -> None:
    tests = {
        "tests/conftest.py": SHELF,
        "tests/unit/nearer/conftest.py": NEARER,
        "tests/unit/nearer/test_it.py": ASKING,
    }
    shop = Shop(tmp_path, {**FILES, **tests})
    sources = [
        Source(one.path, f"{NEARER}\n\n{text}".encode()) if one.path.endswith("nearer/conftest.py") else one
        for one in shop.sources
    ]
    codes = [{one.code for one, _ in judged(shop.work, some)} for some in (shop.sources, sources)]
    assert codes[0] - codes[1] == {"FSL408"}
    assert before(shop.cache, shop.work, sources) is None


def test_several_files(shop: Shop) -> None:
    sources = shop.changed(routes=f"# a\n{ROUTES}", database=f"# a\n# b\n{DATABASE}")
    assert before(shop.cache, shop.work, sources) == judged(shop.work, sources)
    assert (
        before(shop.cache, shop.work, shop.changed(routes=f"# a\n{ROUTES}", database=DATABASE + "engine = None\n"))
        is None
    )


def test_a_name_for_what_is_injected_concerns_all_files(shop: Shop) -> None:
    text = f"{ROUTES}\n\nRows = Depends(get_db)\n"
    assert before(shop.cache, shop.work, shop.changed(routes=text)) is None


def test_more_files_than_are_compared(tmp_path: Path) -> None:
    shop = Shop(tmp_path, {**FILES, **{f"app/part{number}.py": ROUTES for number in range(17)}})
    few = {f"part{number}": f"# a\n{ROUTES}" for number in range(16)}
    assert before(shop.cache, shop.work, shop.changed(**few)) is not None
    many = {f"part{number}": f"# b\n{ROUTES}" for number in range(17)}
    assert before(shop.cache, shop.work, shop.changed(**many)) is None


def test_without_the_model_of_before(shop: Shop) -> None:
    shutil.rmtree(next(Path(shop.cache.folder).glob("*/models")))
    assert before(shop.cache, shop.work, shop.sources) is not None
    assert before(shop.cache, shop.work, shop.changed(routes=f"# a\n{ROUTES}")) is None


def test_who_goes_back_finds_what_was_known(shop: Shop) -> None:
    others = [shop.changed(routes=ROUTES.replace("carts", name)) for name in ("orders", "users", "rows")]
    for sources in others:
        assert before(shop.cache, shop.work, sources) is None
        keep(shop.cache, shop.work, sources)
    for sources in (*others, shop.sources):
        assert before(shop.cache, shop.work, sources) is not None
    routes = ROUTES.replace("carts", "users")
    assert before(shop.cache, shop.work, shop.changed(routes=f"# a\n{routes}")) is not None
    assert before(shop.cache, shop.work, shop.changed(routes=f"# a\n{ROUTES}")) is not None


def test_the_last_states_alone_are_kept(shop: Shop) -> None:
    states = [shop.changed(routes=ROUTES.replace("carts", f"rows{number}")) for number in range(7)]
    for sources in states:
        keep(shop.cache, shop.work, sources)
    assert len(list(Path(shop.cache.folder).glob("*/records/*"))) == 6
    assert before(shop.cache, shop.work, states[0]) is None
    assert before(shop.cache, shop.work, states[-1]) is not None


def test_another_set_of_files(shop: Shop, tmp_path: Path) -> None:
    (tmp_path / "shop/app/more.py").write_text("")
    work = work_of(tmp_path / "shop")
    assert before(shop.cache, work, Sources().of(work)) is None


def test_what_crashes_is_not_kept(shop: Shop, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def crash(*_: object) -> Iterator[Any]:
        raise RuntimeError

    rule = all_rules()[0]
    monkeypatch.setattr(type(rule), "check", crash, raising=False)
    cache = Cache(str(tmp_path / "other"))
    keep(cache, shop.work, shop.sources)
    assert before(cache, shop.work, shop.sources) is None


# --- over all fixtures ---


def fixtures() -> list[Path]:
    """Every fixture that is one file and has something to find."""
    return sorted(path for path in FIXTURES.glob("FSL*/bad_*.py") if path.parent.name != "FSL902")


IDLE = """\
_IDLE_{0} = {0}


def _idle_{0}(a):
    return a + 1


"""
NAMES = """\
import os as _os_{0}
from typing import Any as _Any_{0}
_TITLE_{0} = "What is idle"
_SIZES_{0}: dict[str, int] = {{}}
_size_{0}: int


"""


def changes(text: str) -> Iterator[str]:
    """The text with what tells nobody anything put in: above, and before some of its top-level statements."""
    tree = tree_of(text)
    yield f"# above\n\n{text}"
    rows = [min([one.lineno, *(part.lineno for part in getattr(one, "decorator_list", ()))]) for one in tree.body]
    for more in (IDLE, NAMES):
        lines = text.splitlines(keepends=True)
        for number, row in enumerate(rows[1:5]):
            lines[row - 1] = more.format(number) + lines[row - 1]
        yield "".join(lines)


@pytest.mark.parametrize("path", [pytest.param(path, id=f"{path.parent.name}/{path.stem}") for path in fixtures()])
def test_fixtures_with_idle_lines(path: Path, tmp_path: Path) -> None:
    text = path.read_text()
    shop = Shop(tmp_path, {"app.py": text})
    for changed in changes(text):
        sources = shop.changed(app=changed)
        found = before(shop.cache, shop.work, sources)
        assert found == judged(shop.work, sources)
