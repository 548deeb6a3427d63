"""Generated functions, run before and after their fix: only the closing may differ, and it must happen on every path.

Every function is run with each of its session calls failing in turn. What it returns or raises and everything it does
but close must be the same before and after; after the fix each session is closed, and not used any more.
"""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from fastapi_session_lint import fixes
from fastapi_session_lint.findings import Applicability, Repair, RepairKind, Span

SEEDS = range(16)
CALLS = 6
NEWLINES = ("\n", "\r\n")


class Boom(Exception):
    """What a failing session call raises."""


@dataclass
class World:
    """What happened in one run; the call with the number `fails` raises."""

    fails: int | None
    events: list[Any] = field(default_factory=list)
    calls: Iterator[int] = field(default_factory=itertools.count)

    def call(self, name: str, *what: object) -> int:
        number = next(self.calls)
        self.events.append((name, *what))
        if number == self.fails:
            raise Boom(number)
        return number


class Session:
    """A session that notes what is done with it."""

    def __init__(self, world: World) -> None:
        self.world = world

    def work(self, *what: object) -> int:
        return self.world.call("work", *what)

    def commit(self) -> int:
        return self.world.call("commit")

    def rollback(self) -> None:
        self.world.events.append("rollback")

    def close(self) -> None:
        self.world.events.append("close")

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


class AsyncSession(Session):
    """The same with coroutines."""

    async def work(self, *what: object) -> int:  # type: ignore[override]  # it is the async one
        return super().work(*what)

    async def commit(self) -> int:  # type: ignore[override]  # it is the async one
        return super().commit()

    async def rollback(self) -> None:  # type: ignore[override]  # it is the async one
        super().rollback()

    async def close(self) -> None:  # type: ignore[override]  # it is the async one
        super().close()

    async def __aenter__(self) -> AsyncSession:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.close()


class Writer:
    """Writes the statements of a function at random, nested, with comments and strings over several lines."""

    def __init__(self, chance: random.Random, *, is_async: bool) -> None:
        self.chance = chance
        self.is_async = is_async
        self.names = map("n{}".format, itertools.count())

    @property
    def wait(self) -> str:
        return "await " if self.is_async else ""

    def work(self) -> str:
        return f"{self.wait}db.work({self.chance.randrange(9)})"

    def block(self, depth: int, *, in_loop: bool = False, leaves: bool = True) -> list[str]:
        """Some statements, at least one of which uses the session."""
        lines = [self.work()]
        for _ in range(self.chance.randrange(1, 4)):
            lines += self.statement(depth, in_loop=in_loop, leaves=leaves)
        return lines

    def statement(self, depth: int, *, in_loop: bool, leaves: bool) -> list[str]:
        simple = [self.plain, self.bound, self.text, self.continued, self.joined, self.noted]
        nested = [self.branch, self.loop, self.attempt, self.match, self.function, self.one_line]
        if depth and self.chance.random() < 0.5:
            return self.chance.choice(nested)(depth - 1, in_loop, leaves)
        if leaves and self.chance.random() < 0.1:
            ends = ["return 1", "raise Boom('own')", *(["continue", "break"] if in_loop else [])]
            return [f"if {self.work()} % 2:", f"    {self.chance.choice(ends)}"]
        return self.chance.choice(simple)()

    def plain(self) -> list[str]:
        return [self.work() + self.chance.choice(["", "  # a comment", ";"])]

    def bound(self) -> list[str]:
        return [f"{next(self.names)} = {self.work()}"]

    def text(self) -> list[str]:
        name = next(self.names)
        return [f'{name} = f"""', "    select {1 +", "  2}", '   from t""" + """\\', '  x"""; log(' + name + ")"]

    def continued(self) -> list[str]:
        return [f"{next(self.names)} = {self.work()} + \\", "  1 + (", "# inside", f"{self.work()}", ")"]

    def joined(self) -> list[str]:
        return [f"{self.work()}; {next(self.names)} = {self.work()}"]

    def noted(self) -> list[str]:
        return ["", "# a comment", self.work(), "    # deeper" if self.chance.random() < 0.3 else ""]

    def branch(self, depth: int, in_loop: bool, leaves: bool) -> list[str]:
        body = indented(self.block(depth, in_loop=in_loop, leaves=leaves))
        other = indented(self.block(depth, in_loop=in_loop, leaves=leaves))
        return [f"if {self.work()} % 2:", *body, *(["else:", *other] if self.chance.random() < 0.5 else [])]

    def loop(self, depth: int, _in_loop: bool, leaves: bool) -> list[str]:
        return ["for i in range(2):", *indented(self.block(depth, in_loop=True, leaves=leaves))]

    def attempt(self, depth: int, in_loop: bool, leaves: bool) -> list[str]:
        body = indented(self.block(depth, in_loop=in_loop, leaves=leaves))
        handler = indented(self.block(0, leaves=False))
        return [
            "try:",
            *body,
            "except Boom:",
            *handler,
            *(["finally:", "    log(3)"] if self.chance.random() < 0.3 else []),
        ]

    def match(self, depth: int, in_loop: bool, leaves: bool) -> list[str]:
        return [
            f"match {self.work()}:",
            "    case 1 | 3:",
            *indented(indented(self.block(depth, in_loop=in_loop, leaves=leaves))),
        ]

    def function(self, _depth: int, _in_loop: bool, _leaves: bool) -> list[str]:
        name = next(self.names)
        return [
            "@same",
            f"def {name}(db=1):",
            '    """Two',
            "  lines.",
            '    """',
            "    return db",
            f"log({name}.__doc__, {name}())",
        ]

    def one_line(self, _depth: int, _in_loop: bool, _leaves: bool) -> list[str]:
        return [f"if {self.work()} % 2: {self.work()}; log(1)", "else: log(2)"]


def indented(lines: Sequence[str]) -> list[str]:
    """The lines one level deeper; those inside a string are not, as nobody could indent them."""
    found, inside = [], False
    for line in lines:
        found.append(line if inside or not line else f"    {line}")
        if line.count('"""') % 2:
            inside = not inside
    return found


def same(function: Callable[..., Any]) -> Callable[..., Any]:
    return function


def environment(world: World) -> dict[str, Any]:
    def get_db() -> Iterator[Session]:
        with Session(world) as db:
            yield db

    async def get_async_db() -> AsyncIterator[AsyncSession]:
        async with AsyncSession(world) as db:
            yield db

    return {
        "SessionLocal": lambda: Session(world),
        "AsyncSessionLocal": lambda: AsyncSession(world),
        "get_db": get_db,
        "get_async_db": get_async_db,
        "log": lambda *what: world.events.append(("log", *what)),
        "same": same,
        "Boom": Boom,
    }


def driven(coroutine: Coroutine[Any, None, object]) -> object:
    """What a coroutine returns that never has to wait, so that it needs no event loop."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value
    raise AssertionError("it waits")


def outcome(text: str, fails: int | None) -> tuple[object, list[Any]]:
    """What `job` of a text gives or raises, and what happened."""
    world = World(fails)
    names = environment(world)
    exec(compile(text, "generated", "exec", dont_inherit=True), names)
    try:
        result = names["job"]()
        if isinstance(result, Coroutine):
            result = driven(result)
    except Exception as error:
        result = type(error).__name__, *error.args
    return result, world.events


def requested(text: str) -> tuple[str, Span]:
    """A text without its marks, and the span between them."""
    head, body, tail = re.split("[«»]", text)
    return head + body + tail, Span(*end_of(head), *end_of(head + body))


def end_of(text: str) -> tuple[int, int]:
    lines = re.split(r"\r\n|\n", text)
    return len(lines), len(lines[-1])


def job(body: Sequence[str], *, is_async: bool) -> str:
    return "\n".join([f"{'async ' if is_async else ''}def job():", *indented(body), ""])


def without_closes(events: list[Any]) -> list[Any]:
    return [event for event in events if event != "close"]


def is_closed_for_good(events: list[Any]) -> bool:
    """Whether the last close comes after everything that was done with the session."""
    uses = [index for index, event in enumerate(events) if event[0] in ("work", "commit") or event == "rollback"]
    return "close" in events[uses[-1] if uses else 0 :]


def fixed(text: str, span: Span, kind: RepairKind, *, is_async: bool) -> tuple[str, Applicability] | None:
    (fix,) = fixes.plan(text, [Repair(kind, span, "db", is_async)])
    return (fixes.apply(text, fix.edits), fix.applicability) if fix else None


def closing(writer: Writer, shape: str) -> list[str]:
    """The body of a function that closes its session in some shape, or never."""
    make = "db = «AsyncSessionLocal()»" if writer.is_async else "db = «SessionLocal()»"
    body, close = writer.block(3, leaves=shape != "never"), f"{writer.wait}db.close()"
    match shape:
        case "after":
            return [make, *body, close, "log('end')", "return 2"]
        case "never":
            return [make, *body, "return 2"]
        case "in try":
            handled = ["except Boom:", f"    {close}", "    raise"]
            return [make, "try:", *indented([*body, close]), *handled, "return 2"]
        case "twice":
            early = [f"if {writer.work()} % 2:", f"    {close}", "    return 1"]
            return [make, *early, *body, close, "return 2"]
        case "in loop":
            return ["for i in range(2):", *indented([make, *body, close]), "return 2"]
        case _:
            return ["if True:", *indented([make, *body, close]), "log('end')"]


@pytest.mark.parametrize("shape", ["after", "never", "in try", "twice", "in loop", "in branch"])
@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_close_session(shape: str, is_async: bool) -> None:
    made = 0
    for seed in SEEDS:
        writer = Writer(random.Random(f"{seed} {shape}"), is_async=is_async)
        text, span = requested(job(closing(writer, shape), is_async=is_async).replace("\n", NEWLINES[seed % 2]))
        result = fixed(text, span, RepairKind.CLOSE_SESSION, is_async=is_async)
        if result is None:
            continue
        made += 1
        hold_to_closing(text, *result)
        assert fixed(result[0], span, RepairKind.CLOSE_SESSION, is_async=is_async) is None
    assert made > 0.9 * len(SEEDS)


def hold_to_closing(before: str, after: str, applicability: Applicability) -> None:
    for fails in (None, *range(CALLS)):
        old, new = outcome(before, fails), outcome(after, fails)
        assert (new[0], without_closes(new[1])) == (old[0], without_closes(old[1])), after
        assert is_closed_for_good(new[1]), after
        if applicability is Applicability.SAFE and is_closed_for_good(old[1]):
            assert new == old, after


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_close_after_yield(is_async: bool) -> None:
    for seed in SEEDS:
        chance = random.Random(f"{seed} yield")
        writer = Writer(chance, is_async=is_async)
        make = "db = AsyncSessionLocal()" if is_async else "db = SessionLocal()"
        body = [*writer.block(1, leaves=False), "«yield db»", *writer.block(1, leaves=False)]
        close = [f"{writer.wait}db.close()"] if chance.random() < 0.7 else []
        if chance.random() < 0.4:
            inside, close = (close, []) if chance.random() < 0.5 else ([], close)
            body = ["try:", *indented([*body, *inside]), "except Boom:", f"    {writer.wait}db.rollback()", "    raise"]
        manager = "asynccontextmanager" if is_async else "contextmanager"
        use = f"{'async ' if is_async else ''}with {manager}(dependency)() as db:"
        head = "async def dependency():" if is_async else "def dependency():"
        caller = job([use, f"    {writer.work()}", "return 2"], is_async=is_async)
        imports = "from contextlib import asynccontextmanager, contextmanager"
        text, span = requested("\n".join([imports, head, *indented([make, *body, *close]), caller]))
        result = fixed(text, span, RepairKind.CLOSE_AFTER_YIELD, is_async=is_async)
        assert result is not None, text
        assert result[1] is Applicability.SAFE
        hold_to_closing(text, *result)


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_enter_generator(is_async: bool) -> None:
    for seed in SEEDS:
        writer = Writer(random.Random(f"{seed} next"), is_async=is_async)
        make = "db = await «anext(get_async_db())»" if is_async else "db = «next(get_db())»"
        text, span = requested(job([make, *writer.block(3), "return 2"], is_async=is_async))
        result = fixed(text, span, RepairKind.ENTER_GENERATOR, is_async=is_async)
        assert result is not None, text
        hold_to_closing(text, *result)


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_guard_commit(is_async: bool) -> None:
    for seed in SEEDS:
        writer = Writer(random.Random(f"{seed} commit"), is_async=is_async)
        make = "db = AsyncSessionLocal()" if is_async else "db = SessionLocal()"
        inner = [*writer.block(1), f"{writer.wait}«db.commit()»", *writer.block(1)]
        body = [make, *writer.block(1), *(["for i in range(2):", *indented(inner)] if seed % 2 else inner)]
        text, span = requested(job(body, is_async=is_async))
        result = fixed(text, span, RepairKind.GUARD_COMMIT, is_async=is_async)
        assert result is not None, text
        for fails in (None, *range(CALLS)):
            old, new = outcome(text, fails), outcome(result[0], fails)
            assert new[0] == old[0], result[0]
            assert [one for one in new[1] if one != "rollback"] == old[1]
            failed_commit = new[0] == ("Boom", fails) and old[1][-1:] == [("commit",)]
            assert ("rollback" in new[1]) is failed_commit, result[0]


EXPRESSIONS = [
    "(@)",
    "-@",
    "(not @)",
    "@ + (1)",
    "2 ** @",
    "@ ** (2)",
    "[@, 1]",
    "(@).real",
    "@.real",
    "{1: @}",
    "f'{ @ }'",
]
EXPRESSIONS += ["@.bit_length()", "@ if @ else (3)", "[@ for _ in range(2)]", "@ in (1, 2)", "str(@)[0]", "max(1, @)"]


@pytest.mark.parametrize("seed", range(80))
def test_await_added_and_dropped(seed: int) -> None:
    chance = random.Random(seed)
    expression = "«db.work(7)»"
    for shape in chance.sample(EXPRESSIONS, chance.randrange(1, 4)):
        expression = shape.replace("@", expression, 1).replace("@", "1")
    text, span = requested(f"async def job():\n    db = SessionLocal()\n    return {expression}\n")
    result = fixed(text, span, RepairKind.ADD_AWAIT, is_async=True)
    assert result is not None
    assert outcome(result[0].replace("SessionLocal", "AsyncSessionLocal"), None) == outcome(text, None), result[0]
    start = end_of(result[0][: result[0].index("await db")])
    awaited = Span(*start, start[0], start[1] + len("await db.work(7)"))
    back = fixed(result[0], awaited, RepairKind.DROP_AWAIT, is_async=False)
    assert back is not None
    assert outcome(back[0], None) == outcome(text, None), back[0]
