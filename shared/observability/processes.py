"""What every process does first: it sets up its logs, and lets the garbage collector look seldom.

By default the collector looks after every 700 new objects, and now and then at everything that lives. A group commit or
a request makes thousands that die by themselves, and what a process has loaded stays: both are walked in vain.
"""

import gc
from typing import Final

from shared.observability.clock import Clock
from shared.observability.logs import configure_logs

COLLECT_AFTER: Final = (20_000, 25, 50)
"""New objects before the young are looked at, and how many such looks before the older ones are."""


def begin_process(log_level: str, *, service: str, instance: str | None, clock: Clock | None = None) -> None:
    """Set up logs and the collector; what exists by now is never looked at again."""
    configure_logs(log_level, service=service, instance=instance, clock=clock)
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)
