"""`python -m services.invoicing api | worker | migrate | parked …`. Must never build anything itself."""

import sys

from services.invoicing import main
from services.invoicing.settings import SERVICE
from shared.running import run_command

if __name__ == "__main__":
    roles = {"api": main.api, "worker": main.worker, "migrate": main.migrate_database}
    sys.exit(run_command(SERVICE, roles, parking=lambda: main.foundation("parked")))
