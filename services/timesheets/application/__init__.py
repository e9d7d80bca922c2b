"""Use cases: load, decide, save. Must never hold a rule (domain) or know HTTP, Kafka or MongoDB."""
