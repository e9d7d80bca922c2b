"""Rules of time, weeks and submissions: pure and synchronous. Must never import anything but `shared.kernel`."""
