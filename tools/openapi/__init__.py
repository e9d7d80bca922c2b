"""The committed OpenAPI documents: written from the code, checked for staleness. Must never be edited by hand."""
