"""Review windows of submitted work: `[opened, ends)`, silence approves at the end (I2, I4).

Must never move money: an approval only says what the client owes; escrow is moved by contracts alone.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from services.invoicing.domain.contracts import Contract
from shared.kernel.decisions import Accepted, AlreadyDone, Decision, Refused
from shared.kernel.instants import DAY, Instant
from shared.kernel.money import Money


class ReviewStatus(StrEnum):
    """Where a review stands."""

    IN_REVIEW = "in_review"
    CHANGES_REQUESTED = "changes_requested"
    APPROVED = "approved"
    SUPERSEDED = "superseded"
    """A later submission of the same work came; this one no longer counts."""


@dataclass(frozen=True, slots=True)
class Review:
    """The review of one submission; `whole` is what its approval costs at most, `amount` a smaller approved part."""

    id: str
    clock: str
    contract_id: str
    milestone_id: str | None
    client_id: str
    freelancer_id: str
    number: int
    status: ReviewStatus
    whole: Money
    opened_at: Instant
    ends_at: Instant | None
    decided_at: Instant | None = None
    approved_by: str | None = None
    amount: Money | None = None
    note: str | None = None

    @property
    def approved_amount(self) -> Money:
        """The gross that the approval releases or charges."""
        return self.whole if self.amount is None else self.amount

    def is_open_at(self, now: Instant) -> bool:
        """Tell whether the client may act: an act exactly at the end is late (I4)."""
        return self.status is ReviewStatus.IN_REVIEW and (self.ends_at is None or now < self.ends_at)


def open_review(
    contract: Contract, *, submission_id: str, milestone_id: str | None, number: int, whole: Money, opened_at: Instant
) -> Review:
    """Open a full window; without an end where silence never approves (I2)."""
    terms = contract.terms
    return Review(
        id=submission_id, clock=contract.clock, contract_id=contract.id, milestone_id=milestone_id,
        client_id=contract.client_id, freelancer_id=contract.freelancer_id, number=number,
        status=ReviewStatus.IN_REVIEW, whole=whole, opened_at=opened_at,
        ends_at=opened_at + terms.review_days * DAY if terms.silence_approves else None,
    )


def approve(
    review: Review, *, prefunded: bool, now: Instant, amount: Money | None = None, note: str | None = None
) -> Decision[Review]:
    """Approve by the client; less than the whole only where the rest stays in escrow (C7, I2)."""
    if amount is not None and amount != review.whole and not prefunded:
        return Refused("NOT_OFFERED", "This contract approves the whole amount or asks for changes.")
    if not review.is_open_at(now):
        return Refused("REVIEW_WINDOW_CLOSED", "The review of this submission is over.")
    if amount is not None and amount.currency != review.whole.currency:
        return Refused("CURRENCY_MISMATCH", f"The contract is in {review.whole.currency}.", status=422)
    if amount is not None and amount <= Money.zero(amount.currency):
        return Refused("AMOUNT_BELOW_MINIMUM", "An approval releases more than nothing.", status=422)
    if amount is not None and amount > review.whole:
        return Refused("APPROVED_AMOUNT_TOO_HIGH", f"At most {review.whole} can be approved.", status=422)
    return Accepted(replace(
        review, status=ReviewStatus.APPROVED, decided_at=now, approved_by="client", note=note,
        amount=None if amount == review.whole else amount,
    ))


def approve_by_silence(review: Review, *, now: Instant) -> Decision[Review]:
    """Approve at the window's end; a timer of a review that was decided or restarted is harmless (I2)."""
    if review.status is not ReviewStatus.IN_REVIEW or review.ends_at is None:
        return AlreadyDone(review)
    if now < review.ends_at:
        return Refused("REVIEW_STILL_RUNNING", "The client may still act.")
    return Accepted(replace(
        review, status=ReviewStatus.APPROVED, decided_at=review.ends_at, approved_by="silence"))


def request_changes(review: Review, *, now: Instant, note: str | None = None) -> Decision[Review]:
    """Stop the review; a resubmission opens a full new window (I2)."""
    if not review.is_open_at(now):
        return Refused("REVIEW_WINDOW_CLOSED", "The review of this submission is over.")
    return Accepted(replace(review, status=ReviewStatus.CHANGES_REQUESTED, decided_at=now, note=note))


def supersede(review: Review) -> Decision[Review]:
    """Let a later submission of the same work take the place of an undecided one (I2)."""
    if review.status is not ReviewStatus.IN_REVIEW:
        return AlreadyDone(review)
    return Accepted(replace(review, status=ReviewStatus.SUPERSEDED))
