"""Charge a deposit that contracts asks for (C6). Must never try a declined one again."""

from services.invoicing.application.attempts import promise
from services.invoicing.application.collections import DEPOSITS, PARTIES, WALLETS
from services.invoicing.domain.charges import Charge, ChargeKind, ChargeStatus
from services.invoicing.domain.deposits import Deposit, DepositStatus
from shared.events.contracts import DepositRequested
from shared.events.envelope import Envelope
from shared.persistence.unit import Early, Unit


async def charge_deposit(unit: Unit, event: Envelope[DepositRequested]) -> None:
    """Keep the deposit and promise the call to the gateway; its own id is the idempotency key's cause."""
    asked = event.data.object
    if await unit.get(PARTIES, asked.client_id) is None:
        raise Early(f"party:{asked.client_id}")
    deposit = Deposit(
        id=asked.id, clock=asked.clock, contract_id=asked.contract_id, milestone_id=asked.milestone_id,
        client_id=asked.client_id, freelancer_id=asked.freelancer_id, amount=asked.amount,
        client_fee=asked.client_fee, initiation_fee=asked.initiation_fee, total=asked.total,
        status=DepositStatus.REQUESTED, requested_at=asked.requested_at,
    )
    unit.put(DEPOSITS, deposit)
    wallet = await unit.get(WALLETS, deposit.client_id)
    await promise(unit, Charge(
        id=unit.derived_id("chg", deposit.id), clock=deposit.clock, kind=ChargeKind.DEPOSIT, subject_id=deposit.id,
        contract_id=deposit.contract_id, client_id=deposit.client_id, freelancer_id=deposit.freelancer_id,
        amount=deposit.total, billing_method_ids=wallet.method_ids if wallet else (), status=ChargeStatus.ASKED,
        asked_at=unit.now,
    ))
