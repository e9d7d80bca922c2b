"""Mutation testing of the domain rooms. Run with `python -m tools.mutants`."""
