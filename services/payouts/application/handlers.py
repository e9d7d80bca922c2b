"""Which event and which due item goes to which use case. Must never decide anything."""

from functools import partial

from services.payouts.application import (
    book_deposit,
    book_escrow_refund,
    hold_invoice,
    later_issues,
    mature_hold,
    object_to_invoice,
    refund_money,
    register_party,
    run_payout_schedule,
    set_payout_schedule,
)
from services.payouts.domain.payout_methods import MethodPolicies
from shared.persistence.group_commit import DueHandler, Handler, Handlers


def event_handlers() -> Handlers:
    """Return what payouts does with each event that it reads."""
    return {
        "party.registered": Handler(register_party.register_party, reads=register_party.reads),
        "deposit.captured": Handler(book_deposit.book_deposit),
        "escrow.refunded": Handler(book_escrow_refund.book_escrow_refund),
        "invoice.paid": Handler(hold_invoice.hold_invoice, reads=hold_invoice.reads),
        "invoice.objected": Handler(object_to_invoice.block_holds, reads=object_to_invoice.reads),
        "invoice.objection_ended": Handler(object_to_invoice.unblock_holds, reads=object_to_invoice.reads),
        "invoice.refunded": Handler(refund_money.refund_money, reads=refund_money.reads),
        "dispute.opened": Handler(later_issues.park_for_later),
        "dispute.resolved": Handler(later_issues.park_for_later),
        "hold.due": Handler(mature_hold.mature_hold, reads=mature_hold.reads),
    }


def due_handlers(policies: MethodPolicies) -> dict[str, DueHandler]:
    """Return what payouts does when an instant has come."""
    return {
        set_payout_schedule.PAYOUT_RUN: DueHandler(
            partial(run_payout_schedule.run_payout_schedule, policies=policies), reads=run_payout_schedule.reads),
    }
