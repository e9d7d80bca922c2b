"""Escrow: a client's deposits, one layer each, and what leaves them for an invoice or back to the client (C6 to C8).

Must never let more leave than went in, nor lose a cent of the client fee on the way.
"""

from dataclasses import dataclass, replace

from shared.kernel.money import Money, cumulated_share, total


@dataclass(frozen=True, slots=True)
class Layer:
    """One captured deposit: its amount, the client fee charged with it, and what of the amount has left."""

    deposit_id: str
    amount: Money
    client_fee: Money
    used: Money

    @property
    def rest(self) -> Money:
        """What is still here."""
        return self.amount - self.used


@dataclass(frozen=True, slots=True)
class Taken:
    """What left escrow: the amount, and the client fee that was paid with it."""

    amount: Money
    client_fee: Money


@dataclass(frozen=True, slots=True)
class Escrow:
    """The deposits of one contract, oldest first."""

    currency: str
    layers: tuple[Layer, ...] = ()

    @property
    def balance(self) -> Money:
        """What is in escrow now."""
        return total([layer.rest for layer in self.layers], self.currency)

    def add(self, deposit_id: str, amount: Money, client_fee: Money) -> "Escrow":
        """Return the escrow with a captured deposit on top."""
        return replace(self, layers=(*self.layers, Layer(deposit_id, amount, client_fee, Money.zero(self.currency))))

    def holds(self, deposit_id: str) -> bool:
        """Whether that deposit was captured into this escrow before."""
        return any(layer.deposit_id == deposit_id for layer in self.layers)

    def take(self, amount: Money) -> tuple["Escrow", Taken]:
        """Take `amount` out, oldest deposit first, with its cumulated share of each deposit's fee (C6).

        ValueError where there is less: the caller decides before it takes.
        """
        if amount > self.balance or amount < Money.zero(self.currency):
            raise ValueError(f"{amount} cannot leave an escrow of {self.balance} {self.currency}")
        missing, fee, layers = amount, Money.zero(self.currency), []
        for layer in self.layers:
            step = min(missing, layer.rest, key=lambda money: money.amount_minor)
            fee += cumulated_share(layer.client_fee, layer.used, layer.used + step, layer.amount)
            layers.append(replace(layer, used=layer.used + step))
            missing -= step
        return replace(self, layers=tuple(layers)), Taken(amount, fee)
