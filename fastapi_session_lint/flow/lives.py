"""The life of one session in one function: every state it can be in at every step, and the way there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from fastapi_session_lint.flow.states import LEAKING, State, Status
from fastapi_session_lint.flow.steps import Graph, Leave
from fastapi_session_lint.flow.uses import Use, UseKind
from fastapi_session_lint.model.expressions import Expression
from fastapi_session_lint.project.values import Scope
from fastapi_session_lint.vocabulary import IO_ACTIONS, Action


class Point(NamedTuple):
    """A node reached in a state."""

    node: int
    state: State


class Moment(NamedTuple):
    """A use in a state: the point of its node, the use, and the state just before it."""

    point: Point
    use: Use
    before: State


class Link(NamedTuple):
    """How a point was first reached: from which point, and past which use, if that one raised."""

    point: Point | None
    raised: Use | None


class Way(NamedTuple):
    """Where a path goes on, in which state, and past which use if that one raised."""

    node: int
    state: State
    raised: Use | None = None


@dataclass(slots=True)
class Life:
    """All that can happen to one session in one function, from a state in which it starts.

    `complete` is False when the function was given up; nothing may be concluded then. `ends` are the points at which
    the function is over, returned or failed.
    """

    scope: Scope
    graph: Graph
    origin: Expression | None
    start: State
    complete: bool = True
    moments: list[Moment] = field(default_factory=list)
    links: dict[Point, Link] = field(default_factory=dict)
    ends: list[tuple[bool, Point]] = field(default_factory=list)

    @property
    def names(self) -> frozenset[str]:
        """The names under which the session comes in."""
        return self.start.names

    def uses(self, *kinds: UseKind) -> Iterator[Use]:
        """The uses of the kinds given, once each, in the order in which they were met."""
        seen = set()
        for moment in self.moments:
            if moment.use.kind in kinds and moment.use not in seen:
                seen.add(moment.use)
                yield moment.use

    def acts(self, *actions: Action) -> Iterator[Use]:
        """The uses that are methods of the session with one of these actions."""
        return (use for use in self.uses(UseKind.ACT) if use.action in actions)

    def connecting(self) -> Use | None:
        """The use that takes the connection which a path leaves with the session, one that raises nothing if any."""
        uses: dict[Point, list[Use]] = {}
        for moment in self.moments:
            uses.setdefault(moment.point, []).append(moment.use)
        for _, end in sorted(self.ends, key=lambda one: one[0]):
            if end.state.status in LEAKING:
                way = (*(link.point for link in self.way(end) if link.point is not None), end)
                taken: Use | None = None
                for at in way:
                    taken = taken if at.state.status in LEAKING else None
                    taken = taken or next((use for use in uses.get(at, ()) if use.name and _takes(use)), None)
                if taken is not None:
                    return taken
        return None

    @property
    def is_made(self) -> bool:
        """Whether the creation was met at all; one in a default or decorator never is."""
        return any(True for _ in self.uses(UseKind.CREATE))

    @property
    def is_closed_somewhere(self) -> bool:
        """Whether any path closes the session."""
        return any(point.state.status is Status.CLOSED for point in self.links)

    @property
    def is_closed_on_some_error(self) -> bool:
        """Whether a path by which the function fails closes the session."""
        return any(failed and point.state.status is Status.CLOSED for failed, point in self.ends)

    @property
    def closes_what_is_gone(self) -> bool:
        """Whether the function closes the session that it has handed to another owner before, for all that is known."""
        return any(one.before.status is Status.GONE and _is_close(one.use) for one in self.moments)

    @property
    def is_closed_when_all_goes_well(self) -> bool:
        """Whether every path that returns closes the session."""
        good = [point.state.status for failed, point in self.ends if not failed]
        return Status.CLOSED in good and all(status in (Status.CLOSED, Status.ABSENT) for status in good)

    @property
    def is_handed_on(self) -> bool:
        """Whether any path returns, yields or keeps the session somewhere else."""
        owners = (UseKind.KEEP, UseKind.RETURN, UseKind.STORE)
        return bool(self.yield_places) or any(
            moment.use.kind in owners and moment.before.status is not Status.ABSENT for moment in self.moments
        )

    @property
    def is_released(self) -> bool:
        """Whether any path closes the session or hands it to another owner."""
        return any(point.state.status in (Status.CLOSED, Status.GONE) for point in self.links)

    @property
    def is_left_open(self) -> bool:
        """Whether the session is made here, closed on no path, and handed to no owner that could."""
        owned = self.is_released or self.yield_places
        return self.is_made and not owned and any(point.state.status.is_open for _, point in self.ends)

    @property
    def is_worked_with(self) -> bool:
        """Whether any path does something with the session that its close would end."""
        return any(point.state.status not in (Status.ABSENT, Status.IDLE) for point in self.links)

    @property
    def is_settled(self) -> bool:
        """Whether every path that returns ends in commit() or rollback(), or uses no connection at all."""
        good = [point for failed, point in self.ends if not failed]
        return all(point.state.status not in LEAKING for point in good or [point for _, point in self.ends])

    @property
    def yield_places(self) -> list[int]:
        """Where the session, or an object with it, is yielded."""
        return [use.place for use in self.uses(UseKind.YIELD) if use.name == "session"]

    @property
    def returns(self) -> list[Moment]:
        """The moments at which the session, or an object with it, is returned, while no other owner has it."""
        returned = (moment for moment in self.moments if moment.use.kind is UseKind.RETURN)
        return [moment for moment in returned if moment.before.status is not Status.GONE]

    def last_raise(self, point: Point) -> Use | None:
        """The last use that raised on the way to a point."""
        return next((link.raised for link in reversed(self.way(point)) if link.raised is not None), None)

    def skipping_raise(self, point: Point) -> Use | None:
        """The use that raised on the way to a point and took the path past the last close that it could have met."""
        links = self.way(point)
        closing = self._before_closes()
        found = None
        for link, after in zip(links, [*links[1:], None], strict=True):
            found = link.raised or found
            there = after.point if after is not None else point
            if found is not None and there is not None and there.node not in closing:
                return found
        return found

    def raise_past_close(self, point: Point) -> Use | None:
        """The use that raised on the way to a point just where the last close was that the path could have met."""
        links = self.way(point)
        closing = self._before_closes()
        for link, after in zip(links, [*links[1:], None], strict=True):
            there = after.point if after is not None else point
            before = link.point is not None and link.point.node in closing
            if before and there is not None and there.node not in closing:
                return link.raised
        return None

    def _before_closes(self) -> frozenset[int]:
        """The nodes from which a way leads to one that closes the session."""
        before: dict[int, set[int]] = defaultdict(set)
        for at, node in enumerate(self.graph.nodes):
            for after in (*node.next, node.error):
                before[after].add(at)
        stack = [link.point.node for at, link in self.links.items() if link.point is not None and _closes(at, link)]
        stack += [one.point.node for one in self.moments if _is_close(one.use)]
        found = set[int]()
        while stack:
            closing = stack.pop()
            if closing not in found:
                found.add(closing)
                stack += before[closing]
        return frozenset(found)

    def last_return(self, point: Point) -> int | None:
        """Where the function returns on the way to a point."""
        steps = [self.graph.nodes[link.point.node].step for link in self.way(point) if link.point is not None]
        return next((step.place for step in reversed(steps) if isinstance(step, Leave)), None)

    def way(self, point: Point) -> list[Link]:
        """The links from the beginning to a point, in order."""
        found: list[Link] = []
        at: Point | None = point
        while at is not None and len(found) < len(self.links) + 1:
            link = self.links[at]
            found.append(link)
            at = link.point
        return found[::-1]


def _closes(point: Point, link: Link) -> bool:
    """Whether the session is closed on the step to a point."""
    return link.point is not None and link.point.state.status is not Status.CLOSED is point.state.status


def _is_close(use: Use) -> bool:
    return use.action is Action.CLOSE or (use.effect is not None and use.effect.closes)


def _takes(use: Use) -> bool:
    """Whether a use talks to the database."""
    if use.kind is UseKind.PASS:
        return use.effect is not None and use.effect.io is not None
    return use.kind is UseKind.ACT and use.action in IO_ACTIONS
