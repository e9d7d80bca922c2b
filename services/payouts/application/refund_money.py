"""Book money that a freelancer gives back (invoice.refunded; I9): from holds, what is available, then arrears."""

from dataclasses import replace
from typing import Any

from services.payouts.application.announcements import announce_hold
from services.payouts.application.collections import ACCOUNTS, ENTRIES, HOLDS
from services.payouts.application.hold_invoice import KIND as INVOICE_PAID
from services.payouts.application.journal import Occasion, account_of, earnings_of, entry_id, write_entry
from services.payouts.domain.accounts import Account, Deltas, debit
from services.payouts.domain.holds import Hold
from services.payouts.domain.ledger import EMPLOYER_OF_RECORD
from services.payouts.domain.refunds import RefundedInvoice, Shrunk, platform_side_of_refund, shrink, youngest_first
from shared.events.envelope import Envelope
from shared.events.funds import FundsRefunded
from shared.events.invoices import InvoiceRefunded, Refund
from shared.kernel.ids import derived_id
from shared.kernel.money import Money
from shared.persistence.collections import Collection
from shared.persistence.unit import Early, Unit

KIND = "invoice.refunded"


def reads(event: Envelope[InvoiceRefunded]) -> list[tuple[Collection[Any], str]]:
    """The account, this refund's entry if it was booked before, and the entries of the invoices."""
    refund = event.data.object
    booked = [(ENTRIES, derived_id("ent", INVOICE_PAID, id)) for id in refund.invoice_ids]
    return [(ACCOUNTS, refund.freelancer_id), (ENTRIES, derived_id("ent", KIND, refund.id)), *booked]


async def refund_money(unit: Unit, event: Envelope[InvoiceRefunded]) -> None:
    """Take a refund's net from the contract's holds, youngest first, and what is missing from the account."""
    refund, occasion = _read(event.data.object), Occasion(KIND, event.data.object.id, event.data.object.contract_id)
    if await unit.get(ENTRIES, entry_id(unit, occasion)) is not None:
        return
    if await _is_an_employees(unit, event.data.object):
        write_entry(unit, occasion, platform_side_of_refund(refund, employer_of_record=True), account_id=None)
        return
    holds = youngest_first(await unit.find(HOLDS, {"contract_id": refund.contract_id}))
    shrunk, missing = shrink(holds, refund.net)
    account = await account_of(unit, refund.account_id)
    rest = debit(account.of(missing.currency), missing)
    deltas = rest + Deltas(pending=-sum(one.taken.amount_minor for one in shrunk))
    postings = (*deltas.postings(account.id, refund.net.currency),
                *platform_side_of_refund(refund, employer_of_record=False))
    entry = write_entry(unit, occasion, postings, account_id=account.id)
    account = _announce(unit, account, shrunk, entry)
    if rest:
        account = _announce_rest(unit, account, shrunk[0].hold if shrunk else holds[0], rest, entry, missing)
    unit.put(ACCOUNTS, account)


def _announce(unit: Unit, account: Account, shrunk: list[Shrunk], entry: str) -> Account:
    for one in shrunk:
        account, movement = account.move(
            one.taken.currency, Deltas(pending=-one.taken.amount_minor), entry_id=entry, at=unit.now)
        unit.put(HOLDS, one.hold)
        announce_hold(unit, FundsRefunded, one.hold, movement)
    return account


def _announce_rest(unit: Unit, account: Account, hold: Hold, rest: Deltas, entry: str, missing: Money) -> Account:
    """Tell what came from the account itself with the youngest hold, whose matured money it is."""
    account, movement = account.move(missing.currency, rest, entry_id=entry, at=unit.now)
    hold = replace(hold, version=hold.version + 1)
    unit.put(HOLDS, hold)
    announce_hold(unit, FundsRefunded, hold, movement)
    return account


async def _is_an_employees(unit: Unit, refund: Refund) -> bool:
    """Return whether the invoices' money went to an employer of record; Early where one is not booked yet."""
    found = False
    for id in refund.invoice_ids:
        entry = await unit.get(ENTRIES, derived_id("ent", INVOICE_PAID, id))
        if entry is None:
            raise Early(earnings_of(refund.freelancer_id))
        found = found or any(one.ledger_account == EMPLOYER_OF_RECORD for one in entry.postings)
    return found


def _read(refund: Refund) -> RefundedInvoice:
    return RefundedInvoice(
        id=refund.id, account_id=refund.freelancer_id, contract_id=refund.contract_id, net=refund.net, fee=refund.fee,
        client_fee=refund.client_fee)
