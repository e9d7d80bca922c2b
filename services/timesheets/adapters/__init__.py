"""Adapters of this service: the documents of its database. Must never decide."""
