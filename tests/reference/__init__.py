"""A second opinion: the rule book read again, in one process and without events, and stories drawn from it."""
