"""The one kind of failure that the local platform shows to a person.

Each message is a single sentence that says what to do next. A traceback from `make up` is a bug.
"""


class PlatformProblem(Exception):
    """Something on this machine stops the platform; the message says what to do about it."""
