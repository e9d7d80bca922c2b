"""Policy profiles at the operator's desk: which there are, what a new version changes, what it would do to a story."""
