"""The HTTP interface: parse, call one use case, render. Must never decide."""
