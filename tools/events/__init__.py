"""Generates what is published about the events: JSON Schemas, the AsyncAPI document and the catalogue page."""
