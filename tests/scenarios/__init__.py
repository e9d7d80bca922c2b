"""Tests of the scenario runner: what it refuses to read, and what it says about a suite that is right or wrong."""
