"""The published interface: envelope, catalogue, one module of payloads per owner. Must never hold a business rule."""
