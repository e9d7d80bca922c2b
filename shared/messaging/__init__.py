"""Outbox relay, consumer, parking, due items, intents and the test clock's participant. Must never hold a rule."""
