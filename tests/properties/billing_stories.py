"""The billing of one client with six contracts, as the service does it: lines, invoices, attempts, standing.

Every act is checked as it happens, and all of the client's papers after every step (I1, I5 to I8).
"""

from fractions import Fraction
from itertools import pairwise

from hypothesis.stateful import RuleBasedStateMachine, invariant

from services.invoicing.domain import billing_states, clients, invoices
from services.invoicing.domain.billing_states import ContractBilling
from services.invoicing.domain.cadences import cadence_lock
from services.invoicing.domain.charges import Charge, ChargeKind, ChargeStatus, answer
from services.invoicing.domain.clients import ClientAccount
from services.invoicing.domain.contracts import Cadence, Contract, Kind
from services.invoicing.domain.invoices import Invoice, InvoiceStatus
from services.invoicing.domain.lines import InvoiceLine, fixed_rate_line, hours_line
from shared.kernel.decisions import Accepted, Decision
from shared.kernel.instants import DAY, WEEK, Instant
from shared.kernel.money import Money, total
from tests.properties.stories import half_up
from tests.unit.invoicing.builders import MONDAY, contract, terms, usd

CONTRACTS = {each.id: each for each in (
    contract(id="ct_weekly", terms=terms(freelancer_fee_basis_points=333)),
    contract(id="ct_pairs", cadence=Cadence.BI_WEEKLY, terms=terms(client_fee_basis_points=1)),
    contract(Kind.FIXED_RATE, id="ct_rate", rate=usd("500.01")),
    contract(id="ct_market", terms=terms(hours_review="friday", bonus="at_once")),
    contract(Kind.SINGLE, id="ct_single", terms=terms(client_fee_basis_points=9_999)),
    contract(Kind.SINGLE, id="ct_escrow", terms=terms(funding="escrow", initiation_fee=usd("0.00"))),
)}
"""All active since the first Monday."""
BY_PERIOD = [id for id, of in CONTRACTS.items() if of.by_period]
FROZEN = ("lines", "gross", "fee", "net", "client_fee", "initiation_fee", "client_total", "number", "contract_number",
          "issued_at", "currency", "paid_from")
"""What never changes once an invoice is issued."""
NOTHING = usd("0.00")


class BillingStory(RuleBasedStateMachine):
    """What waits, what was invoiced, what was asked of the gateway, and how the client stands."""

    def __init__(self) -> None:
        super().__init__()
        self.now: Instant = MONDAY
        self.client = ClientAccount("cl_acme", "live")
        self.billings = {id: ContractBilling(id) for id in CONTRACTS}
        self.billed_to: dict[str, Instant] = {}
        self.made: list[InvoiceLine] = []
        self.invoices: dict[str, Invoice] = {}
        self.issued: list[Invoice] = []
        self.charges: dict[str, Charge] = {}
        self.unpaid: set[str] = set()
        """Invoices whose charge failed, until they are paid."""
        self.suspended = False

    def hear_period(self, id: str, week: Instant, segments: int) -> None:
        """Let a locked week wait for the end of its cadence, or bill the cadence that it ends (I3, T6, T8)."""
        of, lock = CONTRACTS[id], cadence_lock(week, CONTRACTS[id].cadence)
        line = self.line_of(of, week, segments)
        if line is not None:
            self.let_wait(id, line, lock)
        if lock == cadence_lock(week, Cadence.WEEKLY) or self.billings[id].is_billed(lock):
            self.billed_to[id] = max(lock, self.billed_to.get(id, lock))
            self.billings[id], lines = billing_states.take_up_to(self.billings[id], lock)
            if lines:
                self.issue(of, lines, lock)

    def line_of(self, of: Contract, week: Instant, segments: int) -> InvoiceLine | None:
        """Bill a week of hours, or the fixed rate of its cadence."""
        line_id = f"line_{len(self.made)}"
        if of.kind is Kind.FIXED_RATE:
            return fixed_rate_line(of, line_id=line_id, week_start=week, rate=of.rate or NOTHING)
        locked_at = cadence_lock(week, Cadence.WEEKLY)
        return hours_line(of, line_id=line_id, week_start=week, locked_at=locked_at, segments=segments,
                          hourly_rate=of.hourly_rate or NOTHING) if segments else None

    def let_wait(self, id: str, line: InvoiceLine, lock: Instant) -> None:
        """Keep a line for the invoice of its lock."""
        self.made.append(line)
        self.billings[id] = billing_states.wait(self.billings[id], line, bills_at=lock)

    def issue(
        self, of: Contract, lines: tuple[InvoiceLine, ...], at: Instant, *, from_escrow: bool = False
    ) -> Invoice:
        """Number an invoice and count it (I1)."""
        billing = self.billings[of.id]
        invoice = invoices.issue(
            of, lines, invoice_id=f"inv_{len(self.issued)}", number=len(self.issued) + 1,
            contract_number=billing.invoices + 1, issued_at=at,
            initiation_fee=billing_states.initiation_fee(of, billing),
            paid_from="escrow" if from_escrow else "charge")
        self.billings[of.id] = billing_states.count_invoice(billing, charged=not from_escrow)
        self.issued.append(invoice)
        self.invoices[invoice.id] = invoices.paid_from_escrow(invoice, now=at) if from_escrow else invoice
        return self.invoices[invoice.id]

    def attempt(self, invoice: Invoice, *, by_hand: bool = False) -> None:
        """Begin an attempt where none is awaited: while it is scheduled, or by hand once a charge failed (I6)."""
        charge_id = f"{invoice.id}/{invoice.attempts + 1}"
        begun: Decision[Invoice] = (
            invoices.pay_by_hand(invoice, charge_id=charge_id, now=self.now) if by_hand
            else invoices.begin_attempt(invoice, charge_id=charge_id, by_hand=False, now=self.now))
        payable = invoice.id in self.unpaid if by_hand else len(self.scheduled(invoice)) < 6
        is_open = invoice.status is not InvoiceStatus.PAID and not self.awaited(invoice)
        assert isinstance(begun, Accepted) == (payable and is_open)
        if isinstance(begun, Accepted):
            assert charge_id not in self.charges
            self.invoices[invoice.id] = begun.value
            self.charges[charge_id] = Charge(
                charge_id, "live", ChargeKind.INVOICE, invoice.id, invoice.contract_id, "cl_acme", "fr_mia",
                invoice.client_total, ("bm_1",), ChargeStatus.ASKED, self.now, by_hand)

    def hear_answer(self, charge: Charge, status: ChargeStatus) -> None:
        """Record what the gateway says, once, and what follows from it."""
        answered = answer(charge, status, now=self.now)
        assert isinstance(answered, Accepted) == (charge.status is ChargeStatus.ASKED)
        if not isinstance(answered, Accepted):
            return
        self.charges[charge.id] = answered.value
        invoice = self.invoices[charge.subject_id]
        if status is ChargeStatus.CAPTURED:
            self.captured(invoices.attempt_captured(invoice, now=self.now))
        else:
            self.declined(invoices.attempt_failed(invoice, by_hand=charge.by_hand), by_hand=charge.by_hand)

    def captured(self, invoice: Invoice) -> None:
        """Note a payment; the last one reinstates (I6)."""
        self.invoices[invoice.id] = invoice
        self.unpaid.discard(invoice.id)
        self.suspended = self.suspended and bool(self.unpaid)
        paid = clients.note_paid_invoice(clients.add_charged(self.client, invoice.client_total), invoice.id)
        self.client = clients.reinstate(paid).unwrap()
        assert self.client.suspended == self.suspended

    def declined(self, invoice: Invoice, *, by_hand: bool) -> None:
        """Note a failure; the last daily retry suspends (I6)."""
        self.invoices[invoice.id] = invoice
        self.unpaid.add(invoice.id)
        self.suspended = self.suspended or (not by_hand and len(self.scheduled(invoice)) == 6)
        client = clients.note_failed_invoice(self.client, invoice.id)
        self.client = clients.suspend(client).unwrap() if invoice.attempts_used_up and not by_hand else client

    def scheduled(self, invoice: Invoice) -> list[Charge]:
        """Return the attempts of an invoice that were not made by hand."""
        return [each for each in self.charges.values() if each.subject_id == invoice.id and not each.by_hand]

    def awaited(self, invoice: Invoice) -> list[str]:
        """Return the attempts of an invoice that the gateway has not answered."""
        return [each.id for each in self.charges.values()
                if each.subject_id == invoice.id and each.status is ChargeStatus.ASKED]

    @invariant()
    def numbers_run_without_gaps(self) -> None:
        """Of the client, and of each contract (I1)."""
        assert [each.number for each in self.issued] == list(range(1, len(self.issued) + 1))
        for id in CONTRACTS:
            of_contract = [each.contract_number for each in self.issued if each.contract_id == id]
            assert of_contract == list(range(1, len(of_contract) + 1))

    @invariant()
    def gross_is_net_and_fee(self) -> None:
        """Per line, rounded half-up once, and per invoice (I8)."""
        for line in self.made:
            assert line.gross == line.net + line.fee
        for invoice in self.issued:
            rate = CONTRACTS[invoice.contract_id].terms.freelancer_fee_basis_points
            fees = [half_up(Fraction(line.gross.amount_minor * rate, 10_000)) for line in invoice.lines]
            assert [line.fee.amount_minor for line in invoice.lines] == fees
            assert invoice.gross == total([line.gross for line in invoice.lines], "USD") == invoice.net + invoice.fee
            assert invoice.client_total == invoice.gross + invoice.client_fee + invoice.initiation_fee
            assert invoice.fee == Money(sum(fees), "USD")

    @invariant()
    def what_is_issued_never_changes(self) -> None:
        """Only what became of its charge does (I1)."""
        for invoice in self.issued:
            now = self.invoices[invoice.id]
            assert [getattr(now, name) for name in FROZEN] == [getattr(invoice, name) for name in FROZEN]

    @invariant()
    def every_line_is_billed_once(self) -> None:
        """It waits for a lock that is to come, or stands on one invoice; no invoice is empty (I3, T6)."""
        for id, lock in self.billed_to.items():
            assert all(item.bills_at > lock for item in self.billings[id].waiting)
        waiting = [item.line.id for billing in self.billings.values() for item in billing.waiting]
        billed = [line.id for invoice in self.issued for line in invoice.lines]
        assert sorted(waiting + billed) == sorted(line.id for line in self.made)
        assert all(invoice.gross > NOTHING for invoice in self.issued)

    @invariant()
    def an_invoice_is_paid_at_most_once(self) -> None:
        """And the client was charged for what is paid, no more (I5)."""
        taken = [each for each in self.charges.values() if each.status is ChargeStatus.CAPTURED]
        assert len({each.subject_id for each in taken}) == len(taken)
        paid = {each.id for each in self.invoices.values() if each.status is InvoiceStatus.PAID}
        assert paid == {each.subject_id for each in taken} | {
            each.id for each in self.issued if each.paid_from == "escrow"}
        assert self.client.charged == ((total([each.amount for each in taken], "USD"),) if taken else ())

    @invariant()
    def attempts_are_made_one_by_one_and_day_by_day(self) -> None:
        """At most one is awaited; six are scheduled, each at least a day after the one before (I6)."""
        for invoice in self.invoices.values():
            assert self.awaited(invoice) == ([invoice.open_charge_id] if invoice.open_charge_id else [])
            scheduled = [each.asked_at for each in self.scheduled(invoice)]
            assert invoice.scheduled_attempts == len(scheduled) <= 6
            assert all(later - earlier >= DAY for earlier, later in pairwise(scheduled))

    @invariant()
    def the_client_is_suspended_from_the_sixth_failure_until_all_is_paid(self) -> None:
        """Never without a failed invoice (I6)."""
        assert set(self.client.failed_invoice_ids) == self.unpaid == {
            each.id for each in self.invoices.values() if each.status is InvoiceStatus.CHARGE_FAILED}
        assert len(self.client.failed_invoice_ids) == len(self.unpaid)
        assert self.client.suspended == self.suspended
        assert self.unpaid or not self.suspended

    @invariant()
    def the_initiation_fee_goes_with_the_first_charge_of_a_contract(self) -> None:
        """And with no other (I8)."""
        for id, of in CONTRACTS.items():
            fees = [each.initiation_fee for each in self.issued if each.contract_id == id]
            assert fees == [of.terms.initiation_fee, *[NOTHING] * len(fees)][:len(fees)]


def week(number: int) -> Instant:
    """Return the Monday of a week, counted from nought."""
    return MONDAY + number * WEEK


