"""Acceptance links: how a guest accepts a direct contract by e-mail (C9).

A link is single-use, ends with its offer, and opens one contract. Only a hash of its token is kept. Must never tell
why a link is not valid: unknown, used and expired look the same.
"""

import hashlib
from dataclasses import dataclass, replace

from services.contracts.domain.refusals import Code, refuse
from shared.kernel.decisions import Accepted, Decision
from shared.kernel.instants import Instant


@dataclass(frozen=True, slots=True)
class Link:
    """The link that was mailed; its id is the hash of the token."""

    id: str
    contract_id: str
    clock: str
    client_id: str
    expires_at: Instant
    used_at: Instant | None = None


def link_id(token: str) -> str:
    """Return the id under which a token's link is kept."""
    return hashlib.sha256(token.encode()).hexdigest()


def check(link: Link, *, now: Instant) -> Decision[Link]:
    """Let a link be read: unused and in time; exactly at its end is late (C9, I4)."""
    if link.used_at is not None or now >= link.expires_at:
        return refuse(Code.LINK_NOT_VALID, "This link was used or has expired.")
    return Accepted(link)


def use(link: Link, *, now: Instant) -> Decision[Link]:
    """Use a link up (C9)."""
    checked = check(link, now=now)
    return Accepted(replace(link, used_at=now)) if isinstance(checked, Accepted) else checked
