"""Handing work in, and following what invoicing decides about it."""

import asyncio
from typing import Any

import pytest

from services.timesheets.application.collections import SUBMISSIONS
from services.timesheets.application.read_submissions import list_submissions, read_submission
from services.timesheets.application.visibility import Viewer
from services.timesheets.domain.submissions import Submission
from shared.events.invoices import WorkApproved, WorkChangesRequested
from tests.application.timesheets.desk import (
    ACME,
    C1,
    LOCK,
    MIA,
    TALA,
    ContractsDesk,
    Desk,
    at,
    hours,
    refused,
    reviewed,
)


async def status(desk: Desk, submission: Submission) -> str:
    return (await read_submission(desk.reading, submission.id, Viewer(MIA))).submission.status


async def decided(desk: Desk, submission: Submission, kind: Any, when: str) -> None:
    desk.clock.set(max(desk.clock.now(), at(when)))
    await desk.hears(reviewed(submission, kind, at(when)))


async def test_a_single_payment_is_handed_in_and_published(desk: Desk) -> None:
    """Proves I2."""
    contracts = ContractsDesk(kind="single", amount=None)
    await desk.hears(contracts.offered())
    assert await refused(desk.submits()) == "CONTRACT_NOT_ACTIVE"
    await desk.hears(contracts.funded())
    submission = await desk.submits(note="final files")
    (event,) = await desk.published("work.submitted")
    published = event.data.object
    assert (published.id, published.kind, published.number, published.note, published.milestone_id) \
        == (submission.id, "work", 1, "final files", None)
    assert (event.partitionkey, published.submitted_at) == (MIA, desk.clock.now())
    assert await status(desk, submission) == "in_review"


async def test_every_resubmission_has_the_next_number_and_old_news_is_harmless(desk: Desk) -> None:
    """Proves I2."""
    await desk.hears(ContractsDesk(kind="single").funded())
    first = await desk.submits()
    assert await refused(desk.submits()) == "ALREADY_IN_REVIEW"
    await decided(desk, first, WorkChangesRequested, "03-01 09:00")
    second = await desk.submits()
    await decided(desk, second, WorkChangesRequested, "03-02 09:00")
    third = await desk.submits()
    assert [first.number, second.number, third.number] == [1, 2, 3]
    await desk.hears(reviewed(first, WorkChangesRequested, at("03-02 10:00")))
    await desk.hears(reviewed(second, WorkChangesRequested, at("03-02 11:00")))
    assert await status(desk, third) == "in_review"
    await decided(desk, third, WorkApproved, "03-03 09:00")
    assert [await status(desk, each) for each in (first, second, third)] \
        == ["changes_requested", "changes_requested", "approved"]
    assert await refused(desk.submits()) == "ALREADY_APPROVED"


async def test_a_request_for_changes_that_comes_after_the_approval_changes_nothing(desk: Desk) -> None:
    """Proves I2."""
    await desk.hears(ContractsDesk(kind="single").funded())
    submission = await desk.submits()
    await decided(desk, submission, WorkApproved, "02-24 09:00")
    await decided(desk, submission, WorkChangesRequested, "02-24 10:00")
    assert await status(desk, submission) == "approved"


async def test_each_milestone_counts_its_own_submissions(desk: Desk) -> None:
    """Proves C4 and I2."""
    contracts = ContractsDesk(kind="milestones")
    await desk.hears(contracts.funded(), contracts.with_milestones(at("02-23 01:00"), "active", "planned"))
    assert await refused(desk.submits(milestone_id="ms_2")) == "MILESTONE_NOT_ACTIVE"
    assert await refused(desk.submits(milestone_id="ms_9")) == "NOT_FOUND"
    first = await desk.submits(milestone_id="ms_1")
    await decided(desk, first, WorkApproved, "02-24 09:00")
    await desk.hears(contracts.with_milestones(at("02-24 10:00"), "released", "active"))
    assert await refused(desk.submits(milestone_id="ms_1")) == "ALREADY_APPROVED"
    second = await desk.submits()
    assert (second.milestone_id, second.number) == ("ms_2", 1)


@pytest.mark.parametrize("kind", ["hourly", "fixed_rate"])
async def test_hours_and_fixed_rate_are_not_handed_in(desk: Desk, kind: str) -> None:
    """Proves T4 and T8."""
    await desk.hears(ContractsDesk(kind=kind).funded())
    assert await refused(desk.submits()) == "NOT_OFFERED"


async def test_only_the_freelancer_hands_in_and_strangers_learn_nothing(desk: Desk) -> None:
    await desk.hears(ContractsDesk(kind="single").funded())
    assert await refused(desk.submits(by=ACME)) == "NOT_A_PARTY"
    assert await refused(desk.submits(by=TALA)) == "NOT_FOUND"
    assert await refused(desk.submits(contract_id="ct_unknown")) == "NOT_FOUND"
    submission = await desk.submits()
    assert await refused(read_submission(desk.reading, submission.id, Viewer(TALA))) == "NOT_FOUND"
    assert (await read_submission(desk.reading, submission.id, Viewer(ACME))).submission == submission


async def test_of_two_submissions_at_once_exactly_one_is_taken(desk: Desk) -> None:
    """Proves I2."""
    await desk.hears(ContractsDesk(kind="single").funded())
    second = desk.another_process("second")
    await second.start()
    answers = await asyncio.gather(refused(desk.submits()), refused(desk.submits(committer=second)),
                                   refused(desk.submits()))
    await second.stop()
    assert sorted(answers) == ["ALREADY_IN_REVIEW", "ALREADY_IN_REVIEW", "accepted"]
    assert len(desk.store.tables[SUBMISSIONS.name]) == 1


async def test_the_hours_of_a_week_can_be_read_with_their_entries(desk: Desk) -> None:
    """Proves T4."""
    await desk.hears(ContractsDesk().funded())
    entry = await desk.logs(hours("02-24 08:00", 2))
    await desk.reaches(LOCK)
    (week,) = await desk.closed_weeks()
    assert week.submission_id is not None
    view = await read_submission(desk.reading, week.submission_id, Viewer(ACME))
    assert (view.submission.kind, view.submission.status, view.submission.segments) == ("hours", "locked", 12)
    assert [each.row.entry_id for each in view.counted] == [entry.entry.id]
    await decided(desk, view.submission, WorkApproved, "03-06 23:59")
    assert await status(desk, view.submission) == "approved"


async def test_submissions_are_listed_in_order_page_by_page(desk: Desk) -> None:
    await desk.hears(ContractsDesk(kind="single").funded())
    for number in range(3):
        desk.clock.set(at(f"02-2{4 + number} 08:00"))
        submission = await desk.submits()
        if number < 2:
            await decided(desk, submission, WorkChangesRequested, f"02-2{4 + number} 09:00")
    page = await list_submissions(desk.reading, C1, Viewer(MIA), None, 2)
    rest = await list_submissions(desk.reading, C1, Viewer(MIA), page[-1].place, 2)
    assert [each.number for each in (*page, *rest)] == [1, 2, 3]
