"""When a contract was active, learned from events in any order. Must never guess at what it was not told.

A contract's activity is a set of facts, one per revision. Facts may come late, repeated or out of order: the same set
gives the same spans.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from shared.kernel.instants import WEEK, Instant, week_of


@dataclass(frozen=True, slots=True)
class ActivityFact:
    """From `at` on, as of `revision`, the contract was active or not."""

    revision: int
    at: Instant
    active: bool


@dataclass(frozen=True, slots=True)
class ActiveSpan:
    """Active from `started_at` (that instant always counts) up to, not including, `ended_at`; None while it lasts."""

    started_at: Instant
    ended_at: Instant | None

    def touches_week(self, week_start: Instant) -> bool:
        """Return whether some instant of the week was active (T6)."""
        if self.started_at >= week_start + WEEK:
            return False
        return self.started_at >= week_start or self.ended_at is None or self.ended_at > week_start

    def weeks(self, until: Instant) -> Iterator[Instant]:
        """Yield the Mondays of the weeks it touches, up to the week of `until`."""
        week_start = week_of(self.started_at)
        while week_start <= until and self.touches_week(week_start):
            yield week_start
            week_start += WEEK


def with_fact(facts: tuple[ActivityFact, ...], fact: ActivityFact) -> tuple[ActivityFact, ...]:
    """Return `facts` with one more, ordered by revision; a revision that is known is kept as it is."""
    if any(known.revision == fact.revision for known in facts):
        return facts
    return tuple(sorted((*facts, fact), key=lambda each: each.revision))


def active_spans(activated_at: Instant | None, facts: Iterable[ActivityFact]) -> tuple[ActiveSpan, ...]:
    """Return when the contract was active, in order; spans that meet are one (C1, T6).

    `activated_at` is a fact of its own, told by every later event: activity begins there, whatever is still unknown.
    """
    if activated_at is None:
        return ()
    spans: list[ActiveSpan] = []
    latest, begun = activated_at, [activated_at]
    for fact in facts:
        latest = max(latest, fact.at)   # An instant never precedes that of an earlier revision.
        if fact.active and not begun:
            begun.append(latest)
        if not fact.active and begun:
            spans.append(ActiveSpan(begun.pop(), latest))
    if begun:
        spans.append(ActiveSpan(begun[0], None))
    return tuple(_joined(spans))


def _joined(spans: Iterable[ActiveSpan]) -> Iterator[ActiveSpan]:
    current: ActiveSpan | None = None
    for span in spans:
        if current is None:
            current = span
        elif current.ended_at == span.started_at:
            current = ActiveSpan(current.started_at, span.ended_at)
        else:
            yield current
            current = span
    if current is not None:
        yield current
