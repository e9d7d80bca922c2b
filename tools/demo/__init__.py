"""The demonstration: one week of billing, from the offer to the payout, told in a terminal by the running suite."""
