"""The whole suite in one process, on virtual time and in the worst weather that is legal; a seed repeats a run."""
