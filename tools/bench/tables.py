"""The figures of a run as text. Must never round away a failure."""

from collections.abc import Mapping
from typing import Any

BARS = {"fast": {"http": 300, "events": 200}}
RATIO_BAR = 0.3


def table(results: Mapping[str, Any]) -> str:
    """Return the table."""
    run = results["run"]
    lines = [
        f"store {run['store']}, {run['cores']} cores, machine load before {run['machine_load_before']} and after "
        f"{run['machine_load_after']}, commit {run['commit']}, audit {results['audit']}", ""]
    for name in ("http", "events"):
        if name in results:
            lines += [*_load(name, results[name], run["store"]), ""]
    return "\n".join(lines)


def _load(name: str, result: Mapping[str, Any], store: str) -> list[str]:
    latency = "  ".join(f"{of} {value:.0f}" for of, value in result["latency_ms"].items())
    cpu = "  ".join(f"{process} {value}" for process, value in _heaviest(result["cpu_ms_per_payout"]))
    backlog = result["backlog"]
    lines = [
        f"{name}: {result['payouts_per_second']} payouts/s (asked {result['target_per_second']}/s, "
        f"{result['window_s']:.0f} s){'' if result['steady'] else '  NOT STEADY: the backlog grew'}",
        f"  ceiling {result['ceiling_per_second']}/s (groups of {result['ceiling_group']}), "
        f"ratio {result['ratio_to_ceiling']} (bar {RATIO_BAR} on the default store)"
        + (f"; bar {BARS[store][name]}/s" if store in BARS else ""),
        f"  latency ms from the intended instant: {latency}",
    ]
    if result["latency_after_available_ms"]:
        last = "  ".join(f"{of} {value:.0f}" for of, value in result["latency_after_available_ms"].items())
        lines.append(f"  latency ms from funds.available heard: {last}")
    commits = "; ".join(f"{process}: {one['groups']} groups of {one['mean_size']}, {one['mean_ms']} ms, "
                        f"{one['conflicts']} conflicts" for process, one in result["group_commits"].items())
    return [
        *lines,
        f"  CPU ms per payout: {cpu}  (sum {sum(result['cpu_ms_per_payout'].values()):.1f})",
        f"  backlog {backlog['at_start']} -> {backlog['at_end']}, drained in {result['drain_s']} s, "
        f"not arrived {result['not_arrived']}, refused {result['refused'] or 'none'}",
        f"  worst consumer lag: {result['consumer_lag']['worst']}",
        f"  group commits: {commits}",
        f"  writes per payout: {sum(one['per_payout'] for one in result['writes_per_payout']):.2f} in "
        f"{len(result['writes_per_payout'])} kinds",
    ]


def _heaviest(cpu: Mapping[str, float]) -> list[tuple[str, float]]:
    return sorted(cpu.items(), key=lambda item: -item[1])[:8]
