"""Pure vocabulary of the suite: money, instants, ids, decisions. Must never do I/O or read a clock."""
