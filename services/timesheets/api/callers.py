"""Callers in the words of the use cases. Must never look anything up."""

from services.timesheets.application.visibility import Viewer
from shared.web.auth import Caller


def viewer_of(caller: Caller) -> Viewer:
    """Return who asks: operators see everything, everyone else what is their own."""
    return Viewer(caller.subject, sees_all=caller.is_operator)
