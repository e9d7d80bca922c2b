"""Billing methods of a client, in the order in which an attempt tries them (I5). Must never hold card numbers."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from shared.kernel.decisions import Accepted, AlreadyDone, Decision, Refused
from shared.kernel.instants import Instant

KINDS = ("card", "bank_debit", "wallet")


@dataclass(frozen=True, slots=True)
class BillingMethod:
    """One way to charge a client; the number behind it is known to the gateway alone."""

    id: str
    kind: str
    added_at: Instant


@dataclass(frozen=True, slots=True)
class Wallet:
    """All billing methods of one client (`id`), the primary first, then the fall-backs in their order."""

    id: str
    clock: str
    methods: tuple[BillingMethod, ...] = ()

    @property
    def method_ids(self) -> tuple[str, ...]:
        """The order of an attempt (I5)."""
        return tuple(method.id for method in self.methods)


def add_method(wallet: Wallet, method: BillingMethod, *, primary: bool) -> Wallet:
    """Add a method: in front where it is to be the primary one, else as the last fall-back (I5)."""
    methods = (method, *wallet.methods) if primary else (*wallet.methods, method)
    return replace(wallet, methods=methods)


def arrange(wallet: Wallet, method_ids: Sequence[str]) -> Decision[Wallet]:
    """Put the methods into another order, the primary first; every one of them is named once (I5)."""
    if sorted(method_ids) != sorted(wallet.method_ids):
        return Refused("BILLING_METHODS_DIFFER", "Name every billing method of the client once.", status=422)
    by_id = {method.id: method for method in wallet.methods}
    arranged = replace(wallet, methods=tuple(by_id[id] for id in method_ids))
    return AlreadyDone(wallet) if arranged == wallet else Accepted(arranged)
