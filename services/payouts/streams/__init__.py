"""The stream processors of payouts: `holds` and `balances`. They compute from the log alone; the books decide."""
