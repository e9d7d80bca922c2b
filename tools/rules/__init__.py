"""The page of the rules: who decides each one and what proves it. Must never be read by the product."""
