"""The use cases of invoicing, one file each: load, decide, save. Must never do I/O except through a unit or a port."""
