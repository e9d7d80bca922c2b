"""What this service needs from outside: its documents. Must never hold a rule."""
