"""What contracts needs from outside: tokens for links, and a way to send mail."""

from collections.abc import Sequence
from typing import Protocol

from services.contracts.domain.mails import Mail


class Tokens(Protocol):
    """Makes secrets for links."""

    def new(self) -> str:
        """Return a token that cannot be guessed, safe in a URL."""


class Mailer(Protocol):
    """Sends mail. Asked again with the same mail after a lost answer: the mail's id tells that it is the same."""

    async def send(self, mail: Mail) -> None:
        """Send; any exception means that it is to be asked again."""


class Mailbox(Protocol):
    """Where the local mailer's mails can be read."""

    async def mails(self, *, clock: str | None, after: str | None, limit: int) -> Sequence[Mail]:
        """Return mails by id, from behind `after`."""
