"""A payee's profile: its payout methods and its schedule, together in one value. Must never hold money (P2, P4)."""

from dataclasses import dataclass, field, replace

from services.payouts.domain.payout_methods import PayoutMethod
from services.payouts.domain.payout_schedules import Schedule


@dataclass(frozen=True, slots=True)
class PayoutProfile:
    """Methods in the order in which they were added, the default one, and the schedule of one account (id)."""

    id: str
    clock: str
    methods: tuple[PayoutMethod, ...] = ()
    default_method_id: str | None = None
    schedule: Schedule = field(default_factory=Schedule)

    @property
    def default_method(self) -> PayoutMethod | None:
        """The method that runs and payouts without a named one use (P2, P4)."""
        return None if self.default_method_id is None else self.method(self.default_method_id)

    def method(self, id: str) -> PayoutMethod | None:
        """Return the method named `id`, if it is this payee's."""
        return next((method for method in self.methods if method.id == id), None)

    def with_method(self, method: PayoutMethod) -> "PayoutProfile":
        """Add a method; the first one is the default."""
        return replace(self, methods=(*self.methods, method), default_method_id=self.default_method_id or method.id)
