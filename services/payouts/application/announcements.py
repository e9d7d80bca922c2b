"""How the books' values look in published events. Must never decide anything."""

from pydantic import BaseModel

from services.payouts.domain.accounts import Movement
from services.payouts.domain.holds import Hold
from services.payouts.domain.payouts import Payout, PayoutStatus
from shared.events import funds, payouts
from shared.persistence.unit import Unit

_PAYOUT_EVENTS: dict[PayoutStatus, type[payouts.PayoutChange]] = {
    PayoutStatus.REQUESTED: payouts.PayoutRequested,
    PayoutStatus.RELEASED: payouts.PayoutReleased,
    PayoutStatus.SETTLED: payouts.PayoutSettled,
    PayoutStatus.FAILED: payouts.PayoutFailed,
    PayoutStatus.RETURNED: payouts.PayoutReturned,
}


def announce_hold(unit: Unit, event: type[funds.HoldChange], hold: Hold, movement: Movement) -> None:
    """Publish a change of a hold, with the movement of its account that belongs to it."""
    unit.emit(event(object=hold_resource(hold), movement=movement_resource(movement)), key=hold.account_id,
              subject=hold.id, contract_id=hold.contract_id)


def announce_payout(unit: Unit, payout: Payout, movement: Movement) -> None:
    """Publish the step that a payout took, with its movement."""
    event: BaseModel = _PAYOUT_EVENTS[payout.status](
        object=payout_resource(payout), movement=movement_resource(movement))
    unit.emit(event, key=payout.account_id, subject=payout.id)


def movement_resource(movement: Movement) -> funds.Movement:
    """Return the published form of a movement."""
    deltas = movement.deltas
    return funds.Movement(
        account_id=movement.account_id, clock=movement.clock, version=movement.version, currency=movement.currency,
        deltas=funds.Deltas(
            pending=deltas.pending, available=deltas.available, frozen=deltas.frozen, reserved=deltas.reserved,
            paid_out=deltas.paid_out, arrears=deltas.arrears,
        ),
        entry_id=movement.entry_id, at=movement.at,
    )


def hold_resource(hold: Hold) -> funds.Hold:
    """Return the published form of a hold."""
    return funds.Hold(
        id=hold.id, version=hold.version, account_id=hold.account_id, clock=hold.clock, contract_id=hold.contract_id,
        invoice_id=hold.invoice_id, amount=hold.amount, frozen=hold.frozen,
        state=hold.state.value,
        blocked_by=tuple(block.value for block in hold.blocked_by),
        reason=hold.reason,
        rule=hold.rule, started_at=hold.started_at, due_at=hold.due_at, caused_by=hold.caused_by,
    )


def payout_resource(payout: Payout) -> payouts.Payout:
    """Return the published form of a payout."""
    return payouts.Payout(
        id=payout.id, clock=payout.clock, account_id=payout.account_id, method_id=payout.method_id,
        method_kind=payout.method_kind.value,
        amount=payout.amount, fee=payout.fee,
        status=payout.status.value,
        requested_at=payout.requested_at, released_at=payout.released_at, arrives_at=payout.arrives_at,
        finished_at=payout.finished_at, rail_reference=payout.rail_reference, failure=payout.failure,
    )
