"""Shorthands of these tests: dollars, instants, and the values that most rules start from."""

from datetime import timedelta

from services.payouts.adapters.policy_files import method_policies
from services.payouts.domain.accounts import Account, Balances
from services.payouts.domain.holds import Hold, HoldState
from services.payouts.domain.payout_methods import MethodKind, PayoutMethod
from services.payouts.domain.payouts import Payout, PayoutStatus
from shared.kernel.instants import Instant, parse_instant
from shared.kernel.money import Money

NOW = parse_instant("2026-03-02T12:00:00Z")
MILLISECOND = timedelta(milliseconds=1)
POLICIES = method_policies()


def at(text: str) -> Instant:
    """Read an instant."""
    return parse_instant(text)


def usd(text: str) -> Money:
    """Read dollars."""
    return Money.parse(text, "USD")


def an_account(**balances: int) -> Account:
    """Return Mia's account with these balances in dollars."""
    return Account("fr_mia", "live", version=7, balances={"USD": Balances(**balances)})


def a_method(kind: MethodKind = MethodKind.BANK, *, usable_at: Instant = NOW) -> PayoutMethod:
    """Return a payout method."""
    return PayoutMethod("pm_one", kind, added_at=usable_at - timedelta(days=3), usable_at=usable_at)


def a_hold(amount: str = "100.00", *, due_at: Instant = NOW) -> Hold:
    """Return a pending hold."""
    return Hold(
        id="hld_one", version=1, account_id="fr_mia", clock="live", contract_id="ct_one", invoice_id="inv_one",
        earned=usd(amount), amount=usd(amount), frozen=usd("0.00"), state=HoldState.PENDING, blocked_by=(),
        rule="P1:hold", started_at=due_at - timedelta(days=4), due_at=due_at, caused_by="evt_one")


def a_payout(amount: str = "100.00", fee: str = "0.00") -> Payout:
    """Return a requested payout."""
    return Payout(
        id="po_one", clock="live", account_id="fr_mia", method_id="pm_one", method_kind=MethodKind.BANK,
        amount=usd(amount), fee=usd(fee), status=PayoutStatus.REQUESTED, requested_at=NOW, arrival_hours=72)
