"""The refusals of contracts: one stable code per rule, with the sentence that people read.

Codes are published in the problem documents and never change their meaning. Must never decide anything.
"""

from enum import StrEnum

from shared.kernel.decisions import Refused


class Code(StrEnum):
    """Every code that contracts answers with; the rule it is named after stands beside it."""

    NOT_A_PARTY = "NOT_A_PARTY"
    """A party of the contract in the wrong role."""
    NOT_OFFERED = "NOT_OFFERED"
    """The profile, the kind or the contract has no such act or field (section 1)."""
    CADENCE_MISSING = "CADENCE_MISSING"
    """The profile lets the offer choose how often this kind is invoiced, and the offer does not say."""
    CURRENCY_DIFFERS = "CURRENCY_DIFFERS"
    """Every amount of a contract is in its currency."""
    KNOWN_FROM_MARKETPLACE = "KNOWN_FROM_MARKETPLACE"
    """`any_hire` is only for relations that began elsewhere (C11)."""
    CLOCKS_DIFFER = "CLOCKS_DIFFER"
    """The two parties live on different clocks."""
    CLIENT_SUSPENDED = "CLIENT_SUSPENDED"
    """The client's charges failed for good (I6)."""
    CLASSIFICATION_PENDING = "CLASSIFICATION_PENDING"
    """The contract can be accepted only after its classification is decided (C10)."""
    ANSWERS_INCOMPLETE = "ANSWERS_INCOMPLETE"
    """Every question of the questionnaire is answered, and no other (C10)."""
    CLASSIFICATION_DECIDED = "CLASSIFICATION_DECIDED"
    """The classification was decided before (C10)."""
    DEPOSIT_IN_FLIGHT = "DEPOSIT_IN_FLIGHT"
    """A deposit is being charged; its answer comes first (C6)."""
    OFFER_NOT_OPEN = "OFFER_NOT_OPEN"
    """The offer was answered, withdrawn, expired, or not sent yet (C2)."""
    CONTRACT_NOT_ACTIVE = "CONTRACT_NOT_ACTIVE"
    """No contract, no pay (C1)."""
    CONTRACT_NOT_PAUSED = "CONTRACT_NOT_PAUSED"
    """No party has paused the contract."""
    MILESTONE_ALREADY_ACTIVE = "MILESTONE_ALREADY_ACTIVE"
    """At most one milestone is active, or being activated (C4)."""
    MILESTONE_OUT_OF_ORDER = "MILESTONE_OUT_OF_ORDER"
    """Milestones are activated in the order in which they were created (C4)."""
    MILESTONE_NOT_EDITABLE = "MILESTONE_NOT_EDITABLE"
    """Only future milestones may be edited (C5)."""
    MILESTONE_NOT_PROPOSED = "MILESTONE_NOT_PROPOSED"
    """Only a proposed milestone can be accepted (C5)."""
    ESCROW_NOT_EMPTY = "ESCROW_NOT_EMPTY"
    """Money in escrow needs `refund: true` (C8)."""
    REFUND_ALREADY_ASKED = "REFUND_ALREADY_ASKED"
    """The freelancer has been asked and may still answer (C8)."""
    REFUND_NOT_ASKED = "REFUND_NOT_ASKED"
    """Nobody asked the escrow back, or the question is answered (C8)."""
    OFFER_EXPIRED = "OFFER_EXPIRED"
    """The offer's lifetime is over (C2)."""
    LINK_NOT_VALID = "LINK_NOT_VALID"
    """The acceptance link was used or has expired (C9)."""
    AMOUNT_BELOW_MINIMUM = "AMOUNT_BELOW_MINIMUM"
    """A milestone or single payment is at least the profile's minimum (C3)."""
    CLOCK_ADVANCING = "CLOCK_ADVANCING"
    """The test clock is on its way."""
    CLOCK_BACKWARDS = "CLOCK_BACKWARDS"
    """A test clock never goes back."""


_BY_VALUE = {Code.AMOUNT_BELOW_MINIMUM, Code.ANSWERS_INCOMPLETE, Code.CADENCE_MISSING, Code.CLOCK_BACKWARDS,
             Code.CLOCKS_DIFFER, Code.CURRENCY_DIFFERS}


def refuse(code: Code, detail: str) -> Refused:
    """Refuse with `code`: 422 where the value is at fault, 409 where the state is."""
    return Refused(code.value, detail, status=422 if code in _BY_VALUE else 409)


def not_a_party(who_may: str) -> Refused:
    """Refuse a party in the wrong role."""
    return refuse(Code.NOT_A_PARTY, f"Only the {who_may} of this contract may do that.")
