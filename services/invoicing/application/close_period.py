"""Bill closed weeks: at the lock that ends the cadence, one invoice of all that waits (I3, T6, T8).

Must never bill a week twice nor make an invoice of nothing. The lock of a pair normally comes with the period of its
second week; where that week had no active instant no period comes, and a due item at the same lock bills instead.
"""

from services.invoicing.application.cadence_dues import CADENCE_DUE, cadence_due
from services.invoicing.application.collections import CONTRACT_BILLING, CONTRACTS
from services.invoicing.application.copies import begun_contract
from services.invoicing.application.issuing import charge_in_its_phase, issue_invoice
from services.invoicing.domain.billing_states import ContractBilling, take_up_to, wait
from services.invoicing.domain.cadences import cadence_lock, last_week_of
from services.invoicing.domain.contracts import Contract, Kind
from services.invoicing.domain.lines import InvoiceLine, fixed_rate_line, hours_line
from shared.events.envelope import Envelope
from shared.events.work import Period, PeriodClosed
from shared.kernel.instants import WEEK, Instant, format_instant
from shared.persistence.unit import Due, Unit


async def close_period(unit: Unit, event: Envelope[PeriodClosed]) -> None:
    """Let the week wait for the end of its cadence, or bill the cadence that it ends."""
    period = event.data.object
    contract = await begun_contract(unit, period.contract_id)
    billing = await unit.get(CONTRACT_BILLING, contract.id) or ContractBilling(contract.id)
    lock = cadence_lock(period.week_start, contract.cadence)
    line = _line_of(unit, contract, billing, period, lock)
    if line is not None:
        billing = wait(billing, line, bills_at=lock)
    if period.locked_at >= lock or billing.is_billed(lock):
        await _bill(unit, contract, billing, lock)
        return
    unit.put(CONTRACT_BILLING, billing)
    if line is not None:
        unit.schedule(cadence_due(contract, lock))


async def end_cadence(unit: Unit, due: Due) -> None:
    """Bill what still waits at its lock, where no period of the last week will come any more."""
    contract_id = due.ref.partition("/")[0]
    contract, billing = await unit.get(CONTRACTS, contract_id), await unit.get(CONTRACT_BILLING, contract_id)
    if contract is None or billing is None:
        return
    last_week = last_week_of(due.due_at)
    if not contract.was_active_in(last_week, last_week + WEEK):
        await _bill(unit, contract, billing, due.due_at)


async def wait_for_lock(unit: Unit, contract: Contract, line: InvoiceLine, lock: Instant) -> None:
    """Keep a line until the lock that ends its cadence."""
    billing = await unit.get(CONTRACT_BILLING, contract.id) or ContractBilling(contract.id)
    unit.put(CONTRACT_BILLING, wait(billing, line, bills_at=lock))
    unit.schedule(cadence_due(contract, lock))


def _line_of(
    unit: Unit, contract: Contract, billing: ContractBilling, period: Period, lock: Instant
) -> InvoiceLine | None:
    """Return the week's line of hours, or its cadence's line of fixed rate if that is not made yet."""
    if contract.kind is Kind.HOURLY:
        rate = period.hourly_rate or contract.hourly_rate
        if period.billable_segments == 0 or rate is None:
            return None
        return hours_line(
            contract, line_id=unit.derived_id("line", period.id), week_start=period.week_start,
            locked_at=period.locked_at, segments=period.billable_segments, hourly_rate=rate)
    if contract.rate is None or billing.is_rated(lock):
        return None
    return fixed_rate_line(
        contract, line_id=unit.derived_id("line", contract.id, format_instant(lock)), week_start=period.week_start,
        rate=contract.rate)


async def _bill(unit: Unit, contract: Contract, billing: ContractBilling, lock: Instant) -> None:
    """Make the invoice of everything that waits up to `lock`, dated at the lock and charged in its charge phase."""
    for bills_at in {item.bills_at for item in billing.waiting if item.bills_at <= lock}:
        unit.unschedule(CADENCE_DUE, cadence_due(contract, bills_at).ref)
    billing, lines = take_up_to(billing, lock)
    unit.put(CONTRACT_BILLING, billing)
    if lines:
        invoice = await issue_invoice(
            unit, contract, lines, invoice_id=unit.derived_id("inv", lines[0].id), issued_at=lock)
        charge_in_its_phase(unit, invoice, at=lock)
