"""Use cases of contracts: load, decide, save. Must never hold a rule of their own or speak HTTP, Kafka or MongoDB."""
