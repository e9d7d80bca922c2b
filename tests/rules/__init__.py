"""Tests of the page of the rules. Must never decide what a rule says."""
