"""The benchmark: payouts through the running suite at a steady rate, compared with what its store can do at most."""
