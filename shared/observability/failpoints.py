"""Failpoints: named places where a crash test may end the process at once. Must cost nothing where none is armed.

A failpoint is armed by a file `<FAILPOINTS_DIR>/<INSTANCE_ID>.<name>`; it fires once, as hard as a power cut (SIGKILL).
"""

import os
import signal


def failpoint(name: str) -> None:
    """End this process at once where `name` is armed for it; otherwise do nothing."""
    folder = os.environ.get("FAILPOINTS_DIR")
    if not folder:
        return
    armed = os.path.join(folder, f"{os.environ.get('INSTANCE_ID', '')}.{name}")
    try:
        os.unlink(armed)
    except FileNotFoundError:
        return
    os.kill(os.getpid(), signal.SIGKILL)
