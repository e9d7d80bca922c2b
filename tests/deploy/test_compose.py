"""The form of the Docker files, checked without an engine: names, order of start, loopback, nobody runs as root.

Whether they run is for the tests marked `containers`, and for a person with Docker.
"""

import re
from typing import Any

import pytest
import yaml

from deploy.local.downloads import REPOSITORY
from deploy.local.layout import SERVICES, Layout
from deploy.local.programs import service_programs
from shared.settings import ServiceSettings

_COMPOSE_FILE = REPOSITORY / "deploy" / "docker" / "compose.yaml"
_ONE_SHOT = {"mongo-init", "topics", *(f"{service}-migrate" for service in SERVICES)}
_PROCESSES = sorted(program.name for program in service_programs(Layout(REPOSITORY / ".run")))


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    """The services of the compose file, by name."""
    services: dict[str, Any] = yaml.safe_load(_COMPOSE_FILE.read_text())["services"]
    return services


def test_compose_runs_the_same_processes_as_the_local_platform(compose: dict[str, Any]) -> None:
    assert sorted(compose) == sorted([*_PROCESSES, *_ONE_SHOT, "kafka", "mongo"])


def test_images_are_pinned(compose: dict[str, Any]) -> None:
    assert compose["kafka"]["image"] == "apache/kafka:4.2.1"
    for name, service in compose.items():
        assert re.fullmatch(r"[\w/.-]+:[\w.-]+", service["image"]), name
        assert not service["image"].endswith(":latest"), name


def test_every_published_port_is_on_loopback(compose: dict[str, Any]) -> None:
    published = [port for service in compose.values() for port in service.get("ports", [])]
    assert len(published) == len(SERVICES) + 2
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_apis_are_published_where_the_local_platform_has_them(compose: dict[str, Any]) -> None:
    layout = Layout(REPOSITORY / ".run")
    for service in SERVICES:
        assert compose[f"{service}-api"]["ports"] == [f"127.0.0.1:{layout.api_port(service)}:8080"]


@pytest.mark.parametrize("name", _PROCESSES)
def test_process_starts_after_topics_and_its_own_migration(compose: dict[str, Any], name: str) -> None:
    done = {"condition": "service_completed_successfully"}
    service = name.split("-")[0]
    assert compose[name]["depends_on"] == {"topics": done, f"{service}-migrate": done}
    assert compose[name]["restart"] == "unless-stopped"
    assert "/readyz" in str(compose[name]["healthcheck"])


def test_migrations_wait_for_a_primary(compose: dict[str, Any]) -> None:
    for service in SERVICES:
        assert compose[f"{service}-migrate"]["depends_on"]["mongo"] == {"condition": "service_healthy"}
    assert "isWritablePrimary" in str(compose["mongo"]["healthcheck"])
    assert "--replSet" in compose["mongo"]["command"]


def test_kafka_makes_no_topic_by_itself(compose: dict[str, Any]) -> None:
    assert compose["kafka"]["environment"]["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false"


def test_every_setting_is_one_that_processes_read(compose: dict[str, Any]) -> None:
    known = {name.upper() for name in ServiceSettings.model_fields}
    for name in [*_PROCESSES, "topics"]:
        assert set(compose[name]["environment"]) <= known, name


def test_no_container_of_ours_holds_the_private_key_or_privileges(compose: dict[str, Any]) -> None:
    for name in _PROCESSES:
        (mount,) = compose[name]["volumes"]
        assert mount["source"].endswith("/issuer/jwks.json")
        assert mount["read_only"] is True
        assert compose[name]["cap_drop"] == ["ALL"]
        assert compose[name]["read_only"] is True


@pytest.mark.parametrize("service", SERVICES)
def test_image_holds_one_service_and_runs_as_nobody(service: str) -> None:
    lines = (REPOSITORY / "services" / service / "Dockerfile").read_text().splitlines()
    copied = [line.split()[1] for line in lines if line.startswith("COPY services/")]
    assert copied == ["services/__init__.py", f"services/{service}"]
    assert "USER 10001:10001" in lines
    assert f'ENTRYPOINT ["python", "-m", "services.{service}"]' in lines
    assert any("--require-hashes" in line for line in lines)
