"""`python -m services.payouts api | worker | migrate | parked … | streams …`; builds nothing.

The processors load neither the web framework nor the store's driver: they are imported by the processes that need them.
"""

import sys

from services.payouts.settings import SERVICE, PayoutsSettings


def _run() -> int | str:
    if sys.argv[1:2] == ["streams"]:
        from services.payouts.streams.command import streams_command

        return streams_command(sys.argv[2:], PayoutsSettings())

    from services.payouts import main
    from shared.running import run_command

    roles = {"api": main.api, "worker": main.worker, "migrate": main.migrate_database}
    return run_command(SERVICE, roles, parking=lambda: main.foundation("parked"))


if __name__ == "__main__":
    sys.exit(_run())
