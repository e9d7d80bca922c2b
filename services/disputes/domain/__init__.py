"""The rules of disputes: pure and synchronous. Must never import anything but shared.kernel."""
