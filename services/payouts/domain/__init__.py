"""The rules of the books, holds and payouts: pure decisions. Must never do I/O or know an event's shape."""
