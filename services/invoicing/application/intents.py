"""The kinds of calls that invoicing promises to the gateway; their ref is the charge's id."""

CHARGE_INTENT = "gateway.charge"
REFUND_INTENT = "gateway.refund"
