"""Use cases of payouts, one file each: load, decide, save. Must never know MongoDB, Kafka or HTTP."""
