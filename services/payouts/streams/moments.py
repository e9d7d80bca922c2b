"""Clocks as the processors keep them: how far each has come, and the answer to a round. Must never read a clock."""

from dataclasses import dataclass

from shared.events.catalogue import LIVE
from shared.events.clocks import ClockAdvanced, ClockReport, ClockReported, Moment
from shared.events.envelope import Envelope
from shared.streams.announcements import announce, from_ms
from shared.streams.processors import Announcement

MATURITY_PHASE = 3
"""At one instant: locks and review ends (1), charges (2), maturities (3), payout runs (4) (I4)."""


@dataclass(frozen=True, slots=True)
class ClockKept:
    """How far a clock has come in this partition: everything due up to and including this moment has been said."""

    now_ms: int
    phase: int

    def reaches(self, due_ms: int) -> bool:
        """Whether what matures at `due_ms` is due at this moment (P1, I4)."""
        return (due_ms, MATURITY_PHASE) <= (self.now_ms, self.phase)

    def later(self, now_ms: int, phase: int) -> "ClockKept":
        """Return the later of the two moments: time never runs backwards, even when a record is repeated."""
        return ClockKept(*max((self.now_ms, self.phase), (now_ms, phase)))


NEVER = ClockKept(-(2**62), 0)
"""A clock that nothing was heard of."""


def report(
    asked: Envelope[ClockAdvanced], participant: str, *, handled_total: int, busy: int, next_due_ms: int | None,
    blocked: tuple[str, ...],
) -> Announcement:
    """Answer one round of a test clock, from the state as it is between two records."""
    question = asked.data.object
    answer = ClockReport(
        clock=question.clock, wave=question.wave, participant=participant, handled_total=handled_total,
        busy=busy, blocked=blocked,
        next_due=None if next_due_ms is None else Moment(at=from_ms(next_due_ms), phase=MATURITY_PHASE),
    )
    return announce(
        "clock.reported", ClockReported(object=answer), key=question.clock, subject=participant,
        sequence=question.wave, clock=question.clock, time=question.now, cause=asked.id,
        correlation=asked.correlationid, identity=(participant, question.clock, str(question.wave)),
    )


def counts(clock: str) -> bool:
    """Whether totals are kept for `clock`: only test clocks ask for them."""
    return clock != LIVE
