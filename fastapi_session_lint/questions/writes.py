"""Writes of sessions that are never committed."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from fastapi_session_lint import vocabulary
from fastapi_session_lint.flow.lives import Life
from fastapi_session_lint.flow.states import Status
from fastapi_session_lint.flow.uses import Use, UseKind
from fastapi_session_lint.model.expressions import NOWHERE, Attribute, Call, Constant, Expression, Name, last_name
from fastapi_session_lint.model.syntax import Assigned
from fastapi_session_lint.model.walk import all_expressions
from fastapi_session_lint.project.libraries import argument, has_stars, is_false
from fastapi_session_lint.project.values import EngineValue, FactoryValue, QueryValue, Scope
from fastapi_session_lint.questions.own_sessions import OwnSession
from fastapi_session_lint.questions.queries import Sent
from fastapi_session_lint.questions.settled import Settled
from fastapi_session_lint.vocabulary import Action

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context

_HANDING = frozenset({UseKind.KEEP, UseKind.STORE, UseKind.RETURN})


class Uncommitted(NamedTuple):
    """The first write, by `text` at `place`, of a session that nobody commits."""

    name: str
    place: int
    text: str


class Writes:
    """The question "is what is written ever committed"."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._committing = Settled()

    def never_committed(self, scope: Scope) -> Iterator[Uncommitted]:
        """The sessions of a function that write and are committed on no path; a test may well leave that out."""
        if self._context.is_test(scope) or self._context.framework.is_fixture(scope):
            return
        for own in self._context.own_sessions.of(scope):
            first = self._first_write(own, scope)
            if first is not None and not self._may_commit(own):
                yield first

    def _first_write(self, own: OwnSession, scope: Scope) -> Uncommitted | None:
        if not own.life.complete or not own.life.is_made:
            return None
        late = {one.place for one in self._context.after_close.of(scope)}  # those are another defect
        writes = [one for one in self._writes(own, scope) if one.place not in late]
        return min(writes, key=lambda one: self._context.span(scope, one.place), default=None)

    def _writes(self, own: OwnSession, scope: Scope) -> Iterator[Uncommitted]:
        name = own.name or "the session"
        is_flushed = self._context.writing.is_flushed(own.life)
        for use in own.life.uses(UseKind.ACT, UseKind.PASS):
            if use.place != NOWHERE and self._context.writing.is_write(use, scope, is_flushed):
                text = f"{name}.{use.name}()" if use.kind is UseKind.ACT else f"{use.name}()"
                yield Uncommitted(name, use.place, text)
        for sent in self._context.queries.sent(scope):
            match sent.call:
                case Call(Attribute(_, method)) if method in vocabulary.WRITING_QUERY_RUNNERS:
                    if self._is_of(own, sent, scope):
                        yield Uncommitted(name, sent.place, sent.text)

    def _is_of(self, own: OwnSession, sent: Sent, scope: Scope) -> bool:
        """Whether a query is one of this session: by the call that begins it, since a name may be used again."""
        query = self._context.value(sent.query, scope)
        if isinstance(query, QueryValue) and query.scope is scope:
            return any(use.place == query.call.place for use in own.life.uses(UseKind.ACT))
        return sent.name == own.name

    # --- who may commit ---

    def _may_commit(self, own: OwnSession) -> bool:
        if own.is_begun or own.session.of is not None or self._is_undone(own.life):
            return True
        if own.outer is not None and self._is_committed(own.outer, is_manager=True):
            return True
        return self._is_committed(own.life, is_manager=False) or self._is_autocommit(own.outer or own.life)

    def _is_undone(self, life: Life) -> bool:
        """Whether it is rolled back although nothing has failed: on purpose."""
        rollbacks = (one for one in life.moments if one.use.action is Action.ROLLBACK)
        return any(one.before.error is None for one in rollbacks)

    def _is_committed(self, life: Life, is_manager: bool) -> bool:
        """Whether some path commits the session, or it gets into code that may do so."""
        if not life.complete or any(point.state.status is Status.GONE for point in life.links):
            return True
        return any(self._commits(use, is_manager) for use in life.uses(*UseKind))

    def _commits(self, use: Use, is_manager: bool) -> bool:
        match use.kind:
            case UseKind.ACT:
                is_known = use.name in vocabulary.SESSION_METHODS and use.name not in vocabulary.OPEN_ENDED_METHODS
                return use.action is Action.COMMIT or not is_known
            case UseKind.PASS:
                return self._is_committed_within(use)
            case UseKind.CALL:
                return use.name in vocabulary.SESSION_METHODS
            case UseKind.YIELD:
                return use.name == "session" and not is_manager
        return use.kind in _HANDING

    def _is_committed_within(self, use: Use) -> bool:
        """Whether a function that is given the session may commit it."""
        if use.effect is None or use.effect.source is None or use.effect.commits or use.effect.lets_go:
            return True
        scope, names = use.effect.source
        return self._committing.answer((id(scope), names), lambda: self._is_committed_by(scope, names))

    def _is_committed_by(self, scope: Scope, names: frozenset[str]) -> bool:
        life = self._context.life_of_names(scope, names)
        is_kept = any(True for _ in life.uses(UseKind.STORE))  # by an object, whose methods are looked at then
        return not is_kept and self._is_committed(life, is_manager=False)

    # --- engines that commit by themselves ---

    def _is_autocommit(self, life: Life) -> bool:
        """Whether each statement may be committed at once; where the engine is not known, if the project does so."""
        if not isinstance(life.origin, Call):
            return True
        calls = list(self._makers(life))
        if any(self._asks_for_autocommit(call) for call, _ in calls):
            return True
        if any(self._is_on_plain_engine(argument(call, "bind", 0), scope) for call, scope in calls):
            return False
        return self._is_autocommit_known

    def is_on_autocommit_engine(self, life: Life) -> bool:
        """Whether each statement is surely committed at once, so that there is no transaction for a savepoint."""
        binds = [(argument(call, "bind", 0), scope) for call, scope in self._makers(life)]
        engines = (self._context.value(bind, scope) for bind, scope in binds if bind is not None)
        calls = (one.call for one in engines if isinstance(one, EngineValue) and one.call is not None)
        levels = (argument(call, "isolation_level") for call in calls)
        return any(isinstance(one, Constant) and one.value == vocabulary.AUTOCOMMIT_LEVEL for one in levels)

    def _makers(self, life: Life) -> Iterator[tuple[Call, Scope]]:
        """The calls that make a session, each with where it stands: of its factory, and of the factory itself."""
        if isinstance(life.origin, Call):
            yield life.origin, life.scope
            factory = self._context.value(life.origin.function, life.scope)
            if isinstance(factory, FactoryValue) and factory.call is not None and factory.scope is not None:
                yield factory.call, factory.scope

    def _asks_for_autocommit(self, call: Call) -> bool:
        given = argument(call, "autocommit")
        return given is not None and not is_false(given)

    def _is_on_plain_engine(self, bind: Expression | None, scope: Scope) -> bool:
        """Whether an engine is known with all that it is told, and nothing of that concerns transactions."""
        if bind is None or isinstance(bind, Call) or self._is_derived(bind, scope):
            return False
        engine = self._context.value(bind, scope)
        if not isinstance(engine, EngineValue) or engine.call is None or has_stars(engine.call):
            return False
        return not any(argument(engine.call, one) is not None for one in vocabulary.AUTOCOMMIT_OPTIONS)

    def _is_derived(self, bind: Expression, scope: Scope) -> bool:
        """Whether a name stands for what an engine gives that is told something else than the first."""
        found = self._context.names.resolve(bind.id, scope) if isinstance(bind, Name) else None
        made = (one.value for one in (found[0] if found is not None else ()) if isinstance(one, Assigned))
        return any(isinstance(one, Call) and last_name(one.function) == vocabulary.OPTIONS_METHOD for one in made)

    @functools.cached_property
    def _is_autocommit_known(self) -> bool:
        """Whether the project has the word for it anywhere."""
        bodies = (one.module.body if one.owner is None else one.owner.body for one in self._context.names.all_scopes())
        texts = (one.value for body in bodies for one in all_expressions(body) if isinstance(one, Constant))
        return any(isinstance(one, str) and one.upper() == vocabulary.AUTOCOMMIT_LEVEL for one in texts)
