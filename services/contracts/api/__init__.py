"""HTTP of contracts: parse, call one use case, render. Must never decide."""
