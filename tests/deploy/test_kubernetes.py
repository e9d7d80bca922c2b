"""The form of the Kubernetes manifests, as `kubectl kustomize` builds them: valid, complete, hardened, apart.

No cluster is asked: whether they run is for whoever has one.
"""

import copy
import shutil
import subprocess
from typing import Any

import kubernetes_validate
import pytest
import yaml

from deploy.local.downloads import REPOSITORY
from deploy.local.layout import SERVICES, Layout
from deploy.local.programs import service_programs
from services.contracts.settings import ContractsSettings
from services.payouts.settings import PayoutsSettings

pytestmark = pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl builds the manifests: it is missing")

KUBERNETES = "1.32"
Manifest = dict[str, Any]
_FOLDER = REPOSITORY / "deploy" / "k8s"
_PROCESSES = sorted(program.name for program in service_programs(Layout(REPOSITORY / ".run")))


def _built(folder: str) -> list[Manifest]:
    command = ["kubectl", "kustomize", str(_FOLDER / folder)]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
    return list(yaml.safe_load_all(answer.stdout))


@pytest.fixture(scope="module")
def suite() -> list[Manifest]:
    """Everything."""
    return _built(".")


def _processes(manifests: list[Manifest]) -> dict[str, Manifest]:
    return {item["metadata"]["name"]: item for item in manifests if item["kind"] in ("Deployment", "StatefulSet")}


def _containers(process: Manifest) -> list[Manifest]:
    pod = process["spec"]["template"]["spec"]
    return [*pod.get("initContainers", ()), *pod["containers"]]


def _selects(selector: dict[str, str], process: Manifest) -> bool:
    labels: dict[str, str] = process["spec"]["template"]["metadata"]["labels"]
    return selector.items() <= labels.items()


def test_everything_is_what_kubernetes_takes(suite: list[Manifest]) -> None:
    for manifest in suite:
        kubernetes_validate.validate(manifest, KUBERNETES, strict=True)


def test_a_field_that_kubernetes_does_not_know_is_found(suite: list[Manifest]) -> None:
    planted = copy.deepcopy(_processes(suite)["payouts-worker"])
    planted["spec"]["template"]["spec"]["containers"][0]["imagePolicy"] = "Always"
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(planted, KUBERNETES, strict=True)


def test_the_same_processes_as_on_the_local_platform(suite: list[Manifest]) -> None:
    assert sorted(_processes(suite)) == _PROCESSES


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_deployed_alone_with_nothing_of_another(service: str) -> None:
    processes = _processes(_built(service))
    assert sorted(processes) == [name for name in _PROCESSES if name.startswith(f"{service}-")]
    images = {container["image"] for process in processes.values() for container in _containers(process)}
    assert images == {f"holdfast/{service}:local"}


def test_every_process_is_told_its_role(suite: list[Manifest]) -> None:
    for name, process in _processes(suite).items():
        role = name.split("-")[1]
        (container,) = process["spec"]["template"]["spec"]["containers"]
        assert container["args"] == ([role] if role in ("api", "worker") else ["streams", role])


def test_every_service_and_budget_reaches_its_own_process_alone(suite: list[Manifest]) -> None:
    reaching = [item for item in suite if item["kind"] in ("Service", "PodDisruptionBudget")]
    assert {item["metadata"]["name"] for item in reaching if item["kind"] == "Service"} == set(_PROCESSES)
    for item in reaching:
        selector = item["spec"]["selector"]
        selector = selector.get("matchLabels", selector)
        reached = [name for name, process in _processes(suite).items() if _selects(selector, process)]
        assert reached == [item["metadata"]["name"]]


def test_no_two_processes_have_one_name_for_lanes_and_leases(suite: list[Manifest]) -> None:
    for process in _processes(suite).values():
        (container,) = process["spec"]["template"]["spec"]["containers"]
        (instance,) = [item for item in container["env"] if item["name"] == "INSTANCE_ID"]
        assert instance["valueFrom"] == {"fieldRef": {"fieldPath": "metadata.name"}}


def test_who_works_on_the_store_is_migrated_first(suite: list[Manifest]) -> None:
    migrated = {name for name, process in _processes(suite).items()
                if next(container["args"] for container in _containers(process)) == ["migrate"]}
    assert migrated == {name for name in _PROCESSES if name.endswith(("-api", "-worker"))}


def test_probes_ask_what_the_processes_answer(suite: list[Manifest]) -> None:
    for process in _processes(suite).values():
        (container,) = process["spec"]["template"]["spec"]["containers"]
        paths = [container[probe]["httpGet"]["path"] for probe in ("startupProbe", "livenessProbe", "readinessProbe")]
        assert paths == ["/livez", "/livez", "/readyz"]


def test_nobody_runs_as_root_or_may_write_or_has_a_token(suite: list[Manifest]) -> None:
    pods = [item["spec"]["template"]["spec"] for item in suite if item["kind"] in ("Deployment", "StatefulSet", "Job")]
    assert len(pods) == len(_PROCESSES) + 1
    for pod in pods:
        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True
        for container in (*pod.get("initContainers", ()), *pod["containers"]):
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}
            assert container["resources"]["limits"]["memory"]


def test_every_setting_is_one_that_processes_read_and_none_is_secret(suite: list[Manifest]) -> None:
    (settings,) = [item for item in suite if item["kind"] == "ConfigMap"]
    known = {name.upper() for name in (*ContractsSettings.model_fields, *PayoutsSettings.model_fields)}
    assert set(settings["data"]) <= known
    assert "MONGODB_URI" not in settings["data"]
    assert [item for item in suite if item["kind"] == "Secret"] == []
