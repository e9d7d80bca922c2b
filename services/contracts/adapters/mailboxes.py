"""Where mails go: to a mailbox in this service's database, or to a mail server. Must never write a mail's words."""

import asyncio
import smtplib
from collections.abc import Sequence
from email.message import EmailMessage
from typing import Any

from services.contracts.domain.mails import Mail
from shared.persistence.collections import Collection
from shared.persistence.store import Store

MAILBOX = Collection("local_mailbox", Mail)
SMTP_TIMEOUT_S = 10.0


class LocalMailbox:
    """The ports `Mailer` and `Mailbox` in one: a durable record of its own, outside of our transactions."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def send(self, mail: Mail) -> None:
        """Put the mail into the box; the same mail again changes nothing."""
        await self._store.insert_new(MAILBOX.name, [MAILBOX.to_document(mail)])

    async def mails(self, *, clock: str | None, after: str | None, limit: int) -> Sequence[Mail]:
        """Return mails in the order of their ids, from behind `after`."""
        where: dict[str, Any] = {} if clock is None else {"clock": clock}
        if after is not None:
            where["_id"] = {"$gt": after}
        rows = await self._store.find(MAILBOX.name, where, sort="_id", limit=limit)
        return [MAILBOX.from_document(row) for row in rows]


class MailServer:
    """The port `Mailer` over SMTP. A lost answer may send a mail twice, under one Message-ID: its link works once."""

    def __init__(self, host: str, port: int, *, starttls: bool, sender: str, base_url: str) -> None:
        self._host, self._port, self._starttls = host, port, starttls
        self._sender, self._base_url = sender, base_url.rstrip("/")

    async def send(self, mail: Mail) -> None:
        """Hand the mail to the server; ValueError for a party without an address."""
        if mail.to_address is None:
            raise ValueError(f"party {mail.to_party_id} has no address")
        await asyncio.to_thread(self._deliver, self.message(mail))

    def message(self, mail: Mail) -> EmailMessage:
        """Return the mail as it is sent."""
        message = EmailMessage()
        message["Message-ID"] = f"<{mail.id}@holdfast.invalid>"
        message["From"], message["To"], message["Subject"] = self._sender, mail.to_address, mail.subject
        message.set_content(mail.text.replace("/v1/contract_links/", f"{self._base_url}/v1/contract_links/"))
        return message

    def _deliver(self, message: EmailMessage) -> None:
        with smtplib.SMTP(self._host, self._port, timeout=SMTP_TIMEOUT_S) as server:
            if self._starttls:
                server.starttls()
            server.send_message(message)
