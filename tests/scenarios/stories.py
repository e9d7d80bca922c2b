"""A whole small story as text, for tests that plant one fault in it."""

from pathlib import Path

from tools.scenarios.reading import read_story
from tools.scenarios.stories import Story

STORY = """\
name: small
title: A small story
rules: [P3]
start: 2026-03-02T00:00:00Z
parties:
  acme: {role: client}
  mia: {role: freelancer}
  ops: {role: operator}
steps:
  - {do: contract.offer, as: acme, with: {ref: c1, freelancer: mia, profile: any_hire, kind: hourly, cadence: weekly, currency: USD, hourly_rate: "45.00"}}
  - {do: contract.accept, as: mia, with: {contract: c1}}
  - {at: 2026-03-04T12:00:00Z, do: time.log, as: mia, with: {contract: c1, ref: t1, segments: 6, memo: api, source: tracker}}
  - {do: payout.request, as: mia, with: {ref: p0, amount: "100.01"}, refused: INSUFFICIENT_AVAILABLE}
  - {do: payout.request, as: mia, with: {ref: p1, amount: "60.00"}}
  - at: 2026-03-09T12:00:00Z
    expect:
      - invoice: {contract: c1, number: 1, status: paid, gross: "45.00"}
      - balance: {of: mia, available: "40.00", paid_out: "60.00"}
      - hold: {of: mia, amount: "45.00", due_at: 2026-03-13T12:00:00Z}
      - payout: {ref: p1, status: settled, amount: "60.00"}
      - events: {contract: c1, include: [invoice.paid], exclude: [invoice.refunded], count: {invoice.paid: 1}}
      - books: balanced
"""  # noqa: E501


def write_story(directory: Path, text: str, name: str = "story.yaml") -> Path:
    """Write a story where the reader can find it."""
    path = directory / name
    path.write_text(text, encoding="utf-8")
    return path


def planted(old: str, new: str, text: str = STORY) -> str:
    """Return the story with one change; the planted place must be there."""
    assert old in text, f"nothing to plant into: {old}"
    return text.replace(old, new, 1)


def story_of(directory: Path, text: str = STORY) -> Story:
    """Read a story from its text."""
    return read_story(write_story(directory, text))
