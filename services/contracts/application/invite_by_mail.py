"""Invite the client of a direct contract: a single-use link, and the mail that carries it (C9)."""

from services.contracts.application.collections import LINKS, MAILS, PARTIES
from services.contracts.application.ports import Tokens
from services.contracts.domain.contracts import Contract
from services.contracts.domain.links import Link, link_id
from services.contracts.domain.mails import invitation
from shared.persistence.unit import Intent, Unit

MAIL_SEND = "mail.send"


async def invite_by_mail(unit: Unit, contract: Contract, *, tokens: Tokens) -> None:
    """Keep the link's hash and promise to send the mail."""
    token = tokens.new()
    client = await unit.get(PARTIES, contract.client_id)
    unit.put(LINKS, Link(link_id(token), contract.id, contract.clock, contract.client_id, contract.offer_ends_at))
    mail = invitation(
        mail_id=unit.new_id("mail"), clock=contract.clock, client_id=contract.client_id,
        address=client.email if client else None, contract_id=contract.id, token=token, now=unit.now)
    unit.put(MAILS, mail)
    unit.intend(Intent(MAIL_SEND, mail.id, contract.clock))
