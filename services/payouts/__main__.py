"""`python -m services.payouts api | worker | migrate | streams holds | streams balances | parked …`; builds nothing."""

import sys

from services.payouts import main
from services.payouts.settings import SERVICE
from shared.running import run_command


def _run() -> int | str:
    match sys.argv[1:]:
        case ["streams", "holds"]:
            return main.streams("holds")
        case ["streams", "balances"]:
            return main.streams("balances")
        case ["streams", *_]:
            return "usage: python -m services.payouts streams holds | balances"
    roles = {"api": main.api, "worker": main.worker, "migrate": main.migrate_database}
    return run_command(SERVICE, roles, parking=lambda: main.foundation("parked"))


if __name__ == "__main__":
    sys.exit(_run())
