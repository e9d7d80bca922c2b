"""Every refusal of this service, one code per rule. Must never be raised here: rules return them."""

from shared.kernel.decisions import Refused

NOT_A_PARTY = Refused("NOT_A_PARTY", "only the freelancer of this contract may do this")
"""A party of the contract in the wrong role; strangers get the 404 of the unknown."""

NOT_HOURLY = Refused("NOT_OFFERED", "only hourly contracts take time entries")
"""The contract's kind has no hours (T4)."""

NO_SUBMISSIONS = Refused("NOT_OFFERED", "hours and fixed rate are submitted by the weekly lock, never by hand")
"""The contract's kind has no submissions by hand (T4, T8)."""

NO_MILESTONES = Refused("NOT_OFFERED", "a single payment has no milestones")
"""The contract's kind has no such field."""

MANUAL_TIME_NOT_ALLOWED = Refused("MANUAL_TIME_NOT_ALLOWED", "this contract takes tracked time only")
"""Manual time needs the contract's permission (T4)."""

CONTRACT_NOT_ACTIVE = Refused("CONTRACT_NOT_ACTIVE", "no new work while the contract is not active")
"""New work and time need an active contract (C1)."""

TIME_WHILE_NOT_ACTIVE = Refused("CONTRACT_NOT_ACTIVE", "the contract was not active during all of this time")
"""Time before activation, while paused or after the end is not work of the contract (C1)."""

WEEK_LOCKED = Refused("WEEK_LOCKED", "the billing week was locked on Monday 12:00 UTC after it")
"""At and after the lock a closed week never changes (T2, I4)."""

TIME_IN_FUTURE = Refused("TIME_IN_FUTURE", "time that has not passed cannot be logged", 422)
"""Time may end at this instant at the latest (T4)."""

TIME_NOT_ON_MARK = Refused("TIME_NOT_ON_MARK", "start and end must lie on 10-minute marks", 422)
"""Start and end lie on 10-minute marks of UTC (T4)."""

TIME_IS_EMPTY = Refused("VALIDATION", "the end must lie after the start", 422)
"""Time has at least one segment."""

OVERLAPPING_TIME = Refused("OVERLAPPING_TIME", "this freelancer has logged some of this time already")
"""Segments of one freelancer never overlap, across contracts too (T4)."""

MILESTONE_NOT_ACTIVE = Refused("MILESTONE_NOT_ACTIVE", "work is handed in for the milestone that is active")
"""Only the active milestone takes work (C4)."""

ALREADY_IN_REVIEW = Refused("ALREADY_IN_REVIEW", "the last submission is still in review")
"""The client's window is not restarted by the freelancer: changes must be requested first (I2)."""

ALREADY_APPROVED = Refused("ALREADY_APPROVED", "this work is approved")
"""An approval is final (I2)."""
