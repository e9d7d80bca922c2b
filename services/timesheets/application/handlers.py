"""Which use case answers which event and which due item. Every topic that the catalogue sends here has one."""

from services.timesheets.application.close_weeks import close_week, reads_of_close
from services.timesheets.application.collections import CLIENTS, CONTRACTS, PARTIES, SUBMISSIONS
from services.timesheets.application.follow_clients import follow_client
from services.timesheets.application.follow_contracts import follow_contract
from services.timesheets.application.follow_parties import follow_party
from services.timesheets.application.follow_reviews import follow_approval, follow_request_for_changes
from services.timesheets.application.schedule_locks import WEEK_LOCKS
from shared.persistence.group_commit import DueHandler, Handler, Handlers

CONTRACT_TOPICS = (
    "contract.offered", "contract.accepted", "contract.funded", "contract.amended", "contract.paused",
    "contract.resumed", "contract.ended",
)


def event_handlers() -> Handlers:
    """Return the handlers by topic; `reads` names what a group fetches in one query."""
    client = Handler(follow_client, reads=lambda event: [(CLIENTS, event.data.object.id)])
    contract = Handler(follow_contract, reads=lambda event: [(CONTRACTS, event.data.object.id)])
    return {
        "party.registered": Handler(follow_party, reads=lambda event: [(PARTIES, event.data.object.id)]),
        **dict.fromkeys(CONTRACT_TOPICS, contract),
        "client.suspended": client,
        "client.reinstated": client,
        "work.approved": Handler(
            follow_approval, reads=lambda event: [(SUBMISSIONS, event.data.object.submission_id)]),
        "work.changes_requested": Handler(
            follow_request_for_changes, reads=lambda event: [(SUBMISSIONS, event.data.object.submission_id)]),
    }


def due_handlers() -> dict[str, DueHandler]:
    """Return the handlers by kind."""
    return {WEEK_LOCKS: DueHandler(close_week, reads=reads_of_close)}
