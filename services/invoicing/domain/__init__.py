"""The rules of invoicing: pure and synchronous. Must never import more than the standard library and shared.kernel."""
