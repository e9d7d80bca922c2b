"""Protection: which hours the platform stands in for where the client's money fails to come (T7).

Must never pay anything: it says what qualifies, invoicing and payouts decide what that is worth.
"""

from services.timesheets.domain.contracts import Contract
from services.timesheets.domain.sheets import CountedRow


def protected_segments(contract: Contract, counted: CountedRow) -> int:
    """Return how many segments qualify: tracked, with a memo, active, inside the limit, from a client in good standing.

    Only contracts of profiles with protection have any (T7). Standing is that of the instant at which time was logged.
    """
    row = counted.row
    qualifies = (
        contract.protection and row.source == "tracker" and row.has_memo and row.activity > 0
        and row.client_in_good_standing)
    return counted.billable_segments if qualifies else 0
