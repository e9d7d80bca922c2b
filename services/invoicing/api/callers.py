"""Callers in the words of the use cases. Must never look anything up."""

from services.invoicing.application.ownership import Actor
from shared.web.auth import Caller


def actor_of(caller: Caller) -> Actor:
    """Return who asks: operators see everything, everyone else what is their own."""
    return Actor(caller.subject, operator=caller.is_operator)
