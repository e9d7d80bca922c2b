"""What invoicing plugs in from outside: the payment gateway. Must never hold a rule of billing."""
