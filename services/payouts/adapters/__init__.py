"""Payouts' outside: the rail, policy files, reads of the books. Must never hold a rule."""
