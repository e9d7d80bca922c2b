"""A program that tells what it sees of itself and ends with the exit code that it is given."""

import json
import os
import signal
import sys

import psutil

if __name__ == "__main__":
    me = psutil.Process()
    terminate = signal.getsignal(signal.SIGTERM)
    print(
        json.dumps(
            {
                "arguments": sys.argv[1:],
                "greeting": os.environ["GREETING"],
                "main": sys.modules["__main__"].__name__,
                "terminate": terminate.name if isinstance(terminate, signal.Handlers) else repr(terminate),
                "title": " ".join(me.cmdline()).strip(),
                "known_by": me.environ()["HOLDFAST_PLATFORM"],
            }
        )
    )
    sys.exit(int(sys.argv[1]))
