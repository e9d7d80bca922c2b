"""The supervisor's own process: the library's, looking around five times a second instead of once.

A process that died must be replaced within two seconds; the library may take a second to notice and another to act.
"""

import sys

from supervisor import supervisord
from supervisor.options import ServerOptions

_LOOK_EVERY_S = 0.2


def main() -> None:
    """Run in the background, as the library's own command does, until told to shut down."""
    options = ServerOptions()
    options.realize(sys.argv[1:])
    look = options.poller.poll
    options.poller.poll = lambda timeout: look(min(timeout, _LOOK_EVERY_S))
    options.first, options.test = True, False
    supervisord.go(options)
    options.close_httpservers()
    options.close_logger()


if __name__ == "__main__":
    main()
