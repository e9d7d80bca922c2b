"""Collections, units of work and group commit over MongoDB. Must never know a service or a rule."""
