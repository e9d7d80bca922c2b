"""The copy of a client's standing: whether its charges fail for good (I6). Must never be decided here."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ClientStanding:
    """What is known of a client (`id`) as of `revision`; a client that nothing was heard of is in good standing."""

    id: str
    suspended: bool
    revision: int


def learned(known: ClientStanding | None, news: ClientStanding) -> ClientStanding:
    """Return the newer of the two: the topics that tell of it have no order between them."""
    return news if known is None or news.revision > known.revision else known
