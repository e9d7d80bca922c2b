"""The exact stream loop on Faust: pure processors inside, Kafka outside. Must never hold a business rule."""
