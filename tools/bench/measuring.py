"""What the processes cost and how far they are behind: CPU time by pid file, metrics pages, consumer lag.

Must never disturb what it measures: metrics are read at the window's ends, lag every few seconds.
"""

import asyncio
import os
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass

import psutil
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from prometheus_client.parser import text_string_to_metric_families

from deploy.local.layout import PROCESSORS, SERVICES, Layout

DRIVER = "bench"
GROUPS = (*SERVICES, *PROCESSORS)
Sample = tuple[str, tuple[tuple[str, str], ...]]


@dataclass(frozen=True, slots=True)
class ProcessTime:
    """A process and the CPU seconds that it has used since it began."""

    pid: int
    seconds: float


def cpu_seconds(layout: Layout) -> dict[str, ProcessTime]:
    """Return the CPU time of every process of the platform, and of the driver itself."""
    times = {}
    for file in sorted(layout.run_dir.glob("*.pid")):
        try:
            pid = int(file.read_text())
            used = psutil.Process(pid).cpu_times()
        except (OSError, ValueError, psutil.Error):
            continue
        times[file.stem] = ProcessTime(pid, used.user + used.system)
    own = psutil.Process(os.getpid()).cpu_times()
    return {**times, DRIVER: ProcessTime(os.getpid(), own.user + own.system)}


def cpu_between(before: Mapping[str, ProcessTime], after: Mapping[str, ProcessTime]) -> dict[str, float]:
    """Return the CPU seconds of each process between two looks; one that was restarted counts from its start."""
    return {
        name: time.seconds - (before[name].seconds if name in before and before[name].pid == time.pid else 0.0)
        for name, time in after.items()
    }


async def metrics_of(layout: Layout) -> dict[str, dict[Sample, float]]:
    """Return every counter of every api and worker, by process."""
    ports = {f"{service}-api": layout.api_port(service) for service in SERVICES}
    ports |= {f"{service}-worker": layout.worker_port(service) for service in SERVICES}
    pages = await asyncio.gather(*(asyncio.to_thread(_page, port) for port in ports.values()))
    return dict(zip(ports, pages, strict=True))


def _page(port: int) -> dict[Sample, float]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
            text = answer.read().decode()
    except OSError:
        return {}
    return {(sample.name, tuple(sorted(sample.labels.items()))): sample.value
            for family in text_string_to_metric_families(text) for sample in family.samples}


def counted(before: Mapping[Sample, float], after: Mapping[Sample, float], name: str) -> dict[Sample, float]:
    """Return how much each sample of `name` grew."""
    return {sample: value - before.get(sample, 0.0) for sample, value in after.items() if sample[0] == name}


class LagWatch:
    """How many records each consumer group has not yet committed."""

    def __init__(self, bootstrap_servers: str) -> None:
        self._bootstrap_servers = bootstrap_servers
        self.seen: list[dict[str, int]] = []

    async def run(self, every_s: float = 5.0) -> None:
        """Look again and again."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self._bootstrap_servers)
        reader = AIOKafkaConsumer(bootstrap_servers=self._bootstrap_servers, group_id=None)
        await admin.start()
        await reader.start()
        try:
            while True:
                self.seen.append({group: await _lag(admin, reader, group) for group in GROUPS})
                await asyncio.sleep(every_s)
        finally:
            await reader.stop()
            await admin.close()

    def worst(self) -> dict[str, int]:
        """Return the largest lag of each group."""
        return {group: max((look[group] for look in self.seen), default=0) for group in GROUPS}

    def last(self) -> dict[str, int]:
        """Return the latest lag of each group."""
        return self.seen[-1] if self.seen else {}


async def _lag(admin: AIOKafkaAdminClient, reader: AIOKafkaConsumer, group: str) -> int:
    offsets: dict[TopicPartition, object] = await admin.list_consumer_group_offsets(group)
    known = {partition: offset.offset for partition, offset in offsets.items()   # type: ignore[attr-defined]
             if offset.offset >= 0}   # type: ignore[attr-defined]
    ends = await reader.end_offsets(list(known)) if known else {}
    return sum(max(0, ends[partition] - offset) for partition, offset in known.items())
