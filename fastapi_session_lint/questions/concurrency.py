"""One session in several hands at once: coroutines, tasks and threads that use it beside each other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from fastapi_session_lint import vocabulary
from fastapi_session_lint.findings import Note
from fastapi_session_lint.flow.lives import Life
from fastapi_session_lint.flow.states import Status
from fastapi_session_lint.flow.steps import Bind, Enter, Graph, Iterate
from fastapi_session_lint.flow.uses import Use, UseKind
from fastapi_session_lint.model.expressions import NOWHERE, Await, Call, Expression, Name, dotted
from fastapi_session_lint.model.syntax import Assigned, Function, Parameter, With
from fastapi_session_lint.model.walk import all_expressions, statements, subexpressions
from fastapi_session_lint.project.values import FunctionValue, LibraryObject, ObjectValue, Scope
from fastapi_session_lint.questions.disturbing import Part, part_of, part_of_uses
from fastapi_session_lint.questions.launches import Launch, Launches
from fastapi_session_lint.questions.order import following
from fastapi_session_lint.questions.same_session import SessionKeys
from fastapi_session_lint.questions.session_users import SessionUse, SessionUsers
from fastapi_session_lint.vocabulary import IO_ACTIONS, Action

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context


class Sharing(NamedTuple):
    """A session in several hands: `call` has something run with it, beside the use that `trail` tells of.

    `outlives`: what runs is not waited for, and the session ends before it. `is_thread`: a thread has it.
    """

    call: Call
    name: str
    is_async: bool
    is_thread: bool
    outlives: bool
    trail: tuple[Note, ...]


class _User(NamedTuple):
    """What runs, and one session that it uses."""

    launch: Launch
    use: SessionUse


class Concurrency:
    """The questions about what runs at once."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._sessions = SessionUsers(context)
        self._keys = SessionKeys(context)
        self._known: dict[int, tuple[Sharing, ...]] = {}

    def sharings(self, scope: Scope) -> tuple[Sharing, ...]:
        """Each session of a function that is in several hands at once; one for each session and call."""
        if id(scope) not in self._known:
            self._known[id(scope)] = tuple(self._find(scope)) if isinstance(scope.owner, Function) else ()
        return self._known[id(scope)]

    def _find(self, scope: Scope) -> Iterator[Sharing]:
        launches = list(Launches(self._context, scope).all())
        if not launches:
            return
        users = [
            _User(one, use)
            for one in launches
            for use in self._sessions.of(one.work, scope)
            if one.nodes and self._runs_with(one, use, scope)
        ]
        told: set[tuple[int, object]] = set()
        graph = self._context.effects.graph(scope)
        for user in users:
            group = user.launch.group
            key = (id(group) if group is not None else 0, user.use.key)
            found = self._conflict(user, users, graph, scope) if key not in told else None
            if found is not None:
                told.add(key)
                yield found

    # --- who counts ---

    def _runs_with(self, launch: Launch, use: SessionUse, scope: Scope) -> bool:
        """Whether what runs uses the session while others may: it waits in between, and no lock keeps them out."""
        if launch.is_thread:
            return not self._is_locked(use)
        if use.is_own:
            return use.session.is_async
        function = self._context.value(launch.work.function, scope)
        if isinstance(function, FunctionValue) and not (function.function.is_async and _awaits(function.function)):
            return False
        return not self._is_locked(use)

    def _is_locked(self, use: SessionUse) -> bool:
        """Whether the called function uses the session inside of `async with lock` only."""
        if use.effect is None or use.effect.source is None:
            return False
        scope, names = use.effect.source
        owner = scope.owner
        locked = {
            part.place
            for statement in statements(owner.body if isinstance(owner, Function) else ())
            if isinstance(statement, With) and any(self._is_lock(item.context, scope) for item in statement.items)
            for part in all_expressions(statement.body)
            if isinstance(part, Call)
        }
        life = self._context.life_of_names(scope, names)
        places = {one.use.place for one in life.moments if _asks(one.use)} if locked else set[int]()
        return bool(places) and places <= locked

    def _is_lock(self, expression: Expression, scope: Scope) -> bool:
        value = self._context.value(expression, scope)
        return isinstance(value, LibraryObject) and value.name in vocabulary.LOCKS

    # --- what gets in whose way ---

    def _conflict(self, user: _User, users: list[_User], graph: Graph, scope: Scope) -> Sharing | None:
        other = next((one for one in users if self._meets(user, one, graph)), None)
        if other is not None:
            return self._sharing(user, other.launch.is_thread, self._note(user, other, scope))
        if user.launch.group is not None:
            return None
        place = self._used_meanwhile(user, users, scope)
        if place is not None:
            note = self._context.note(scope, place, f"`{user.use.name}` is used here in the meantime")
            return self._sharing(user, False, note)
        if user.launch.outlives and self._ends_here(user.use, scope):
            return self._sharing(user, False, None)
        return None

    def _sharing(self, user: _User, other_is_thread: bool, note: Note | None) -> Sharing:
        launch, use = user
        uses = [note] if note is not None else []
        if use.effect is not None and use.effect.io is not None:
            uses.append(use.effect.io)
        is_thread = launch.is_thread or other_is_thread
        return Sharing(launch.call, use.name, use.session.is_async, is_thread, note is None, tuple(uses))

    def _note(self, user: _User, other: _User, scope: Scope) -> Note:
        place = other.launch.work.place
        if other is user:
            return self._context.note(scope, place, "this is run many times, each time with the same session")
        return self._context.note(scope, place, f"this uses `{other.use.name}` at the same time")

    def _meets(self, user: _User, other: _User, graph: Graph) -> bool:
        """Whether two users of one session run at once; one that is run many times meets itself."""
        one, two = user.launch, other.launch
        if user.use.key != other.use.key or not _disturb(user, other):
            return False
        if user is other:
            return "@" not in user.use.name and self._meets_itself(user, graph)
        if one.group is not two.group and one.group is not None and two.group is not None:
            return False
        if one.group is not None and two.group is None:
            return bool(following(graph, two.nodes, two.ends) & one.ends)
        if two.group is not None and one.group is None:
            return bool(following(graph, one.nodes, one.ends) & two.ends)
        if one.work is two.work:
            return False
        return bool(
            one.nodes & two.nodes
            or following(graph, one.nodes, one.ends) & (two.nodes - one.ends)
            or following(graph, two.nodes, two.ends) & (one.nodes - two.ends)
        )

    def _meets_itself(self, user: _User, graph: Graph) -> bool:
        launch = user.launch
        if launch.is_repeated:
            return True
        bound = _bindings_of(user.use.root, graph)
        if launch.nodes & bound:
            return False
        return bool(following(graph, launch.nodes, launch.ends | bound) & (launch.nodes - launch.ends))

    def _used_meanwhile(self, user: _User, users: list[_User], scope: Scope) -> int | None:
        """Where the function itself uses a session while something runs with it."""
        launch = user.launch
        after = following(self._context.effects.graph(scope), launch.nodes, launch.ends) - launch.ends
        by_others = {
            part.place
            for one in users
            for part in subexpressions(one.launch.call)
            if isinstance(part, Call) and part.place != NOWHERE
        } | {one.launch.work.place for one in users}
        uses = [
            moment.use
            for life in self._lives(user.use, scope)
            for moment in life.moments
            if moment.point.node in after and moment.use.place not in by_others
            if moment.before.status is not Status.ABSENT
        ]
        if not user.use.session.is_async and not launch.is_thread and not _part(user).disturbs(part_of_uses(uses)):
            return None
        asking = (one.place for one in uses if _asks(one))
        return min(asking, key=lambda place: scope.module.places[place], default=None)

    def _lives(self, use: SessionUse, scope: Scope) -> Iterator[Life]:
        if "." in use.name:
            yield self._context.life_of_names(scope, frozenset({use.name}))
        else:
            yield from self._context.lives_of_name(scope, use.name)

    def _ends_here(self, use: SessionUse, scope: Scope) -> bool:
        """Whether the session is closed without regard to what still runs: by who gave it, or by this function."""
        if use.effect is None or use.effect.lets_go or self._context.is_generator(scope):
            return False
        bindings = self._context.names.bindings(scope).get(use.root, ())
        if "." in use.name:
            owner = self._context.value(Name(use.root), scope)
            if not isinstance(owner, ObjectValue) or not any(isinstance(one, Parameter) for one in bindings):
                return False
            return self._keys.is_given(owner.of, use.name.partition(".")[2])
        if any(isinstance(one, Parameter) for one in bindings):
            return True
        made = any(isinstance(one, Assigned) for one in bindings)
        return made and any(life.is_made and life.is_closed_somewhere for life in self._lives(use, scope))


def _part(user: _User) -> Part:
    return part_of(user.use.effect)


def _disturb(user: _User, other: _User) -> bool:
    """Whether two users of a session get in each other's way, when they run at once; threads and async ones do."""
    if user.use.session.is_async or user.launch.is_thread or other.launch.is_thread:
        return True
    return _part(user).disturbs(_part(other))


def _asks(use: Use) -> bool:
    """Whether a use asks the database, or closes the session."""
    if use.kind is UseKind.ACT:
        return use.action in IO_ACTIONS or use.action is Action.CLOSE
    return use.kind is UseKind.PASS and use.effect is not None and use.effect.io is not None


def _awaits(function: Function) -> bool:
    return any(isinstance(part, Await) for part in all_expressions(function.body))


def _bindings_of(name: str, graph: Graph) -> frozenset[int]:
    """Where a name is bound anew."""
    found = set()
    for at, node in enumerate(graph.nodes):
        match node.step:
            case Bind(targets):
                bound = any(isinstance(one, Name) and one.id == name for one in targets)
            case Iterate(target):
                bound = dotted(target) == name
            case Enter(item) if item.target is not None:
                bound = dotted(item.target) == name
            case _:
                bound = False
        if bound:
            found.add(at)
    return frozenset(found)
