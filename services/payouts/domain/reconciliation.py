"""Compare what the log adds up to with the books, at equal version (invariant 6). Must never repair what it finds."""

from collections.abc import Mapping
from enum import Enum, auto

from services.payouts.domain.accounts import Account, Balances


class Verdict(Enum):
    """What a comparison says."""

    AGREE = auto()
    DIFFER = auto()
    LOG_IS_BEHIND = auto()
    """The books have moved on: compare again when the log has."""


def compare(account: Account | None, *, version: int, balances: Mapping[str, Balances]) -> Verdict:
    """Compare an account with the fold of the log up to movement `version`; a row of zeros may be missing."""
    if account is None or account.version < version:
        return Verdict.DIFFER  # The log knows of movements that the books never made.
    if account.version > version:
        return Verdict.LOG_IS_BEHIND
    return Verdict.AGREE if _moved(account.balances) == _moved(balances) else Verdict.DIFFER


def _moved(balances: Mapping[str, Balances]) -> dict[str, Balances]:
    return {currency: of for currency, of in balances.items() if of != Balances()}
