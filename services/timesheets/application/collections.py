"""Which documents this service keeps. Must never hold a rule."""

from services.timesheets.domain.clients import ClientStanding
from services.timesheets.domain.closings import ClosedWeek
from services.timesheets.domain.contracts import Contract
from services.timesheets.domain.entries import TimeEntry
from services.timesheets.domain.parties import Party
from services.timesheets.domain.sheets import WeekSheet
from services.timesheets.domain.submissions import Deliverable, Submission
from shared.persistence.collections import Collection

PARTIES = Collection("parties", Party)
CLIENTS = Collection("clients", ClientStanding)
CONTRACTS = Collection("contracts", Contract)
ENTRIES = Collection("time_entries", TimeEntry, indexes=(("contract_id", "started_at"),))
SHEETS = Collection("week_sheets", WeekSheet)
WEEKS = Collection("closed_weeks", ClosedWeek)
SUBMISSIONS = Collection("submissions", Submission, indexes=(("contract_id", "place"),))
DELIVERABLES = Collection("deliverables", Deliverable)
