"""The list of processes that make up a local platform: commands, environments, health ports.

One row here is one supervised process, one log file and one pid file. It starts nothing.
"""

import os
import sys
from dataclasses import dataclass, field

from deploy.local.downloads import Cache, Say
from deploy.local.kafka_node import KafkaNode
from deploy.local.layout import PROCESSORS, SERVICES, Layout
from deploy.local.ports import LOOPBACK
from deploy.local.prerequisites import find_java
from deploy.local.store_server import StoreServer
from shared.web.dev_issuer import DEV_AUDIENCE, DEV_ISSUER, DevIssuer

TOPICS = "topics"
# The last one would make seventeen processes compile every source file at every start.
_NOT_INHERITED = ("AUTH_JWKS_URL", "HTTP_PORT", "PYTHONDONTWRITEBYTECODE")


@dataclass(frozen=True)
class Program:
    """One process: `port` is where its `/readyz` answers, or where a server takes requests."""

    name: str
    command: list[str]
    port: int
    environment: dict[str, str] = field(default_factory=dict)


def servers(layout: Layout, cache: Cache, say: Say) -> tuple[KafkaNode, StoreServer]:
    """The two servers, their downloads made whole first."""
    jars, program = cache.kafka_jars(say), cache.store_program(layout.store_build, say)
    node = KafkaNode(find_java(), jars, layout.kafka_home, layout.kafka_port, layout.kafka_controller_port)
    return node, StoreServer(program, layout.store_home, layout.store_port, build=layout.store_build)


def server_programs(node: KafkaNode, store: StoreServer) -> list[Program]:
    """Kafka and the store, as the supervisor runs them."""
    return [Program("kafka", node.command(), node.port),
            Program("store", store.command(), store.port, store.build.environment)]


def service_programs(layout: Layout) -> list[Program]:
    """Five apis, five workers and the two stream processors."""
    apis = [
        _service(layout, service, "api", layout.api_port(service),
                 RELAY_ADDRESS=f"{LOOPBACK}:{layout.worker_port(service)}")
        for service in SERVICES
    ]
    workers = [_service(layout, service, "worker", layout.worker_port(service)) for service in SERVICES]
    processors = [
        _program(layout, f"payouts-{processor}", ["payouts", "streams", processor], layout.processor_port(processor))
        for processor in PROCESSORS
    ]
    return [*workers, *processors, *apis]


def preparations(layout: Layout) -> list[Program]:
    """What runs once before the services: topics, and each service's migration."""
    migrations = [
        Program(
            f"{service}-migrate", _python(f"services.{service}", "migrate"), 0, _named(layout, f"{service}-migrate")
        )
        for service in SERVICES
    ]
    return [Program(TOPICS, _python("shared.events.topics", "create"), 0, _named(layout, TOPICS)), *migrations]


def shared_environment(layout: Layout, issuer: DevIssuer) -> dict[str, str]:
    """What every process of this platform is told. It includes our own environment, so that a person's settings count,
    and a mark by which left-over processes of this platform are known."""
    settings = {
        "HOLDFAST_PLATFORM": str(layout.run_dir),
        "KAFKA_BOOTSTRAP_SERVERS": layout.kafka_bootstrap_servers,
        "MONGODB_URI": layout.mongodb_uri,
        "HTTP_HOST": LOOPBACK,
        "AUTH_ISSUER": DEV_ISSUER,
        "AUTH_AUDIENCE": DEV_AUDIENCE,
        "AUTH_JWKS_FILE": str(issuer.jwks_file),
        "TEST_CLOCKS_ENABLED": "true",
        "FAILPOINTS_DIR": str(layout.failpoints_dir),
        "PYTHONUNBUFFERED": "1",
        # Many small processes: glibc's arena per thread would cost each of them tens of megabytes.
        "MALLOC_ARENA_MAX": "2",
    }
    inherited = {name: value for name, value in os.environ.items() if name not in _NOT_INHERITED}
    return {**inherited, **settings}


def _service(layout: Layout, service: str, role: str, port: int, **settings: str) -> Program:
    return _program(layout, f"{service}-{role}", [service, role], port, **settings)


def _program(layout: Layout, name: str, words: list[str], port: int, **settings: str) -> Program:
    module, *arguments = words
    environment = {**_named(layout, name), "HTTP_PORT": str(port), **settings}
    return Program(name, _python(f"services.{module}", *arguments), port, environment)


def _named(layout: Layout, name: str) -> dict[str, str]:
    return {"INSTANCE_ID": name, "STATE_DIR": str(layout.run_dir / "state" / name)}


def _python(module: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", module, *arguments]
