"""What a run looked like: payouts per second and backlog over time, and the latencies. Must never change a figure."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")
from matplotlib import pyplot

Series = Sequence[tuple[float, int, int]]
STEP = 4
"""Samples per point: two seconds."""


def picture(results: Mapping[str, Any], series: Mapping[str, Series], file: Path) -> None:
    """Draw one column per load."""
    names = [name for name in ("http", "events") if name in results]
    figure, axes = pyplot.subplots(2, len(names), figsize=(6.5 * len(names), 7), squeeze=False)
    for column, name in enumerate(names):
        _rates(axes[0][column], name, results[name], series[name])
        _latencies(axes[1][column], results[name])
    run = results["run"]
    figure.suptitle(f"Holdfast, store {run['store']}, {run['cores']} cores, load of the machine before "
                    f"{run['machine_load_before'][0]}; commit {run['commit']}", fontsize=10)
    figure.tight_layout()
    figure.savefig(file, dpi=110)
    pyplot.close(figure)


def _rates(axis: Any, name: str, result: Mapping[str, Any], series: Series) -> None:
    points = series[::STEP]
    at = [late[0] for _, late in pairwise(points)]
    rates = [(late[1] - early[1]) / (late[0] - early[0]) for early, late in pairwise(points)]
    axis.plot(at, rates, color="tab:green", label="settled per second")
    axis.axhline(result["target_per_second"], color="grey", linestyle=":", label="asked per second")
    axis.set_ylim(bottom=0)
    axis.set_xlabel("seconds")
    beside = axis.twinx()
    beside.plot([point[0] for point in points], [point[2] for point in points], color="tab:orange", alpha=0.7)
    beside.set_ylabel("on their way", color="tab:orange")
    beside.set_ylim(bottom=0)
    axis.set_title(f"{name}: {result['payouts_per_second']} payouts/s, "
                   f"{result['ratio_to_ceiling']} of the ceiling {result['ceiling_per_second']}/s", fontsize=10)
    axis.legend(loc="lower right", fontsize=8)


def _latencies(axis: Any, result: Mapping[str, Any]) -> None:
    names = [name for name in result["latency_ms"] if name != "max"]
    values = [result["latency_ms"][name] for name in names]
    bars = axis.bar(names, values, color="tab:blue")
    axis.bar_label(bars, fmt="%.0f ms", fontsize=8)
    axis.axhline(1000, color="red", linewidth=0.8)
    axis.set_ylabel("ms from the intended instant")
