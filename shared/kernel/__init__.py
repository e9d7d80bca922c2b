"""Pure vocabulary of the suite: money, instants, ids, decisions. Imports nothing but the standard library and iso4217."""
