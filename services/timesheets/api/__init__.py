"""Routes and schemas: parse, call one use case, render. Must never decide."""
