"""The use cases of disputes: load, decide, save. Must never know HTTP, Kafka or MongoDB."""
