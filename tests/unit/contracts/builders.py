"""Contracts for unit tests, as the rules see them."""

from dataclasses import replace
from typing import Any

from services.contracts.adapters.policy_files import SHIPPED, read_policies
from services.contracts.domain import answers, deposits, offers
from services.contracts.domain.contracts import Contract, Milestone
from services.contracts.domain.offers import Offer, PlannedMilestone, Standing
from services.contracts.domain.policies import Cadence, Kind, ProfileVersion, Side
from shared.kernel.instants import Instant, parse_instant
from shared.kernel.money import Money

NOW = parse_instant("2026-03-02T00:00:00Z")
"""A Monday."""
BOOK = read_policies([SHIPPED])


def usd(text: str) -> Money:
    """Read dollars."""
    return Money.parse(text, "USD")


def version(profile: str) -> ProfileVersion:
    """The shipped version of a profile."""
    found = BOOK.in_force(profile, NOW)
    assert found is not None
    return found


def an_offer(profile: str, kind: Kind, **fields: Any) -> Offer:
    """An offer with what its kind needs."""
    needs: dict[Kind, dict[str, Any]] = {
        Kind.SINGLE: {"amount": usd("600.00")},
        Kind.MILESTONES: {"milestones": (PlannedMilestone("ms_1", "design", usd("600.00")),
                                         PlannedMilestone("ms_2", "build", usd("400.00")))},
        Kind.HOURLY: {"hourly_rate": usd("45.00")},
        Kind.FIXED_RATE: {"rate": usd("500.00"), "cadence": Cadence.WEEKLY},
    }
    if profile == "any_hire":
        needs[kind]["cadence"] = Cadence.WEEKLY
    return Offer(**{"contract_id": "ct_1", "clock": "live", "client_id": "cl_1", "freelancer_id": "fr_1",
                    "kind": kind, "currency": "USD", **needs[kind], **fields})


def starter(profile: str) -> Side:
    """Who offers."""
    return version(profile).started_by


def sent(profile: str = "any_hire", kind: Kind = Kind.HOURLY, *, now: Instant = NOW, **fields: Any) -> Contract:
    """A contract that waits for its answer."""
    return offers.make(an_offer(profile, kind, **fields), version(profile), by=starter(profile),
                       standing=Standing(), now=now).unwrap()


def accepted(profile: str = "any_hire", kind: Kind = Kind.HOURLY, *, now: Instant = NOW, **fields: Any) -> Contract:
    """An accepted contract, active where no deposit comes first."""
    contract = answers.accept(sent(profile, kind, now=now, **fields), version(profile), by=starter(profile).other,
                             standing=Standing(), now=now).unwrap()
    return answers.activate_at_once(contract, now=now) or contract


def funded(kind: Kind = Kind.MILESTONES, profile: str = "marketplace", **fields: Any) -> Contract:
    """A contract whose first milestone, or single payment, is in escrow."""
    contract = accepted(profile, kind, **fields)
    activation = deposits.activate(contract, contract.milestones[0], by=Side.CLIENT, client_suspended=False,
                                   deposit_id="dep_1", now=NOW).unwrap()
    return deposits.capture(activation.contract, "dep_1", now=NOW).unwrap()


def with_amounts(contract: Contract, *amounts: str) -> Contract:
    """The same contract with other milestone amounts."""
    changed: tuple[Milestone, ...] = tuple(
        replace(each, amount=usd(amount)) for each, amount in zip(contract.milestones, amounts, strict=True))
    return replace(contract, milestones=changed)
