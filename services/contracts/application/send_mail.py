"""Send a mail that was promised: outside of any transaction, then forget its secrets (C9)."""

from dataclasses import dataclass

from services.contracts.application.collections import MAILS
from services.contracts.application.invite_by_mail import MAIL_SEND
from services.contracts.application.ports import Mailer
from services.contracts.domain import mails
from services.contracts.domain.mails import Mail
from shared.messaging.intents import IntentHandler
from shared.persistence.group_commit import Committer
from shared.persistence.records import IntentRow
from shared.persistence.unit import Unit


@dataclass(frozen=True, slots=True)
class MailNamed:
    """Which mail."""

    mail_id: str


async def waiting_mail(unit: Unit, command: MailNamed) -> Mail | None:
    """Return the mail that is to be sent; closes the promise of one that is not."""
    mail = await unit.get(MAILS, command.mail_id)
    if mail is None or mail.sent_at is not None:
        unit.close_intent(MAIL_SEND, command.mail_id)
        return None
    return mail


async def note_sent(unit: Unit, command: MailNamed) -> None:
    """Note that it is under way, and keep the promise."""
    mail = await unit.get(MAILS, command.mail_id)
    if mail is not None:
        unit.put(MAILS, mails.sent(mail, now=unit.now))
    unit.close_intent(MAIL_SEND, command.mail_id)


def send_mail(mailer: Mailer) -> IntentHandler:
    """Return the intent's handler; asked again, it sends the same mail under the same id."""
    async def handle(intent: IntentRow, committer: Committer) -> None:
        # On the live clock: a mail is no act of its test clock, which waits until the promise is kept.
        mail = await committer.run(waiting_mail, MailNamed(intent.ref), clock="live")
        if mail is not None:
            await mailer.send(mail)
            await committer.run(note_sent, MailNamed(intent.ref), clock="live")

    return handle
