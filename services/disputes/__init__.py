"""Disputes: cases, deadlines, evidence, decisions. Must never move money: it says how a contested amount is split."""
