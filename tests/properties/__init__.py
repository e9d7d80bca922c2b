"""Any story keeps the rules: random acts against the pure domains, checked after every step."""
