"""HTTP: parse, call one use case, render. Must never decide anything."""
