"""Timesheets: time, weeks and submissions. Must never decide about money and never call another service."""
