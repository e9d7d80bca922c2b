"""Mails that the service writes: today the invitation to a direct contract (C9). Must never be part of an event."""

from dataclasses import dataclass, replace

from shared.kernel.instants import Instant


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail, until it is sent with everything in it; the token is forgotten once it is under way."""

    id: str
    clock: str
    to_party_id: str
    to_address: str | None
    contract_id: str
    subject: str
    text: str
    token: str | None
    written_at: Instant
    sent_at: Instant | None = None


def invitation(
    *, mail_id: str, clock: str, client_id: str, address: str | None, contract_id: str, token: str, now: Instant
) -> Mail:
    """Write the mail that invites a client to accept a direct contract (C9)."""
    return Mail(
        id=mail_id, clock=clock, to_party_id=client_id, to_address=address, contract_id=contract_id,
        subject="A contract is waiting for your answer",
        text=f"A freelancer sent you a contract. Read and accept it: /v1/contract_links/{token}",
        token=token, written_at=now,
    )


def sent(mail: Mail, *, now: Instant) -> Mail:
    """Note that the mail is under way, and forget its token."""
    return replace(mail, sent_at=now, token=None, text="")
