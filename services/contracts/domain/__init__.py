"""Pure rules of contracts, milestones and escrow. Must never do I/O, read a clock or know an event's format."""
