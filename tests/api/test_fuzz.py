"""Fuzzing over each service's OpenAPI document: never a 5xx, always a problem document, and refused means unchanged."""

from time import monotonic
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.core.result import Err

from shared.events.catalogue import SERVICES
from shared.web.problems import MEDIA_TYPE
from tests.api.in_process import OPERATOR, InProcessSuite
from tests.api.test_wrong_bodies import CLIENT, FREELANCER, checked_problem

EXAMPLES_PER_OPERATION = 12
EXAMPLES_WHEN_LATE = 2
BUDGET_S = 12.0
"""Of one service and mode; after that every operation still gets a few examples."""
NOT_BUILT = 501


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=lambda mode: mode.value)
def test_no_input_breaks_a_service(suite: InProcessSuite, service: str, mode: GenerationMode) -> None:
    schema = schemathesis.openapi.from_dict(suite.openapi(service))
    began = monotonic()
    callers = (CLIENT, FREELANCER, OPERATOR)
    for found in schema.get_all_operations():
        if isinstance(found, Err):
            raise found.err()
        operation = found.ok()
        examples = EXAMPLES_PER_OPERATION if monotonic() - began < BUDGET_S else EXAMPLES_WHEN_LATE
        before, accepted, sent = suite.state(service), 0, 0

        @settings(max_examples=examples, deadline=None, database=None, derandomize=True,
                  phases=[Phase.generate], suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy(generation_mode=mode))
        def fuzz(case: Any) -> None:
            nonlocal accepted, sent
            sent += 1
            headers = suite.headers(callers[sent % 3])
            answer = case.call(base_url=suite.url(service), headers=headers)
            told = f"{case.method} {case.path}: {case.as_curl_command()}"
            if answer.status_code < 400:
                accepted += 1
                return
            if answer.status_code == NOT_BUILT:
                return
            assert answer.headers["content-type"] == [MEDIA_TYPE], told
            checked_problem(answer.status_code, answer.text, told)

        try:
            fuzz()
        except Unsatisfiable:
            assert mode is GenerationMode.NEGATIVE, f"{operation.method} {operation.path} has no possible request"
        if not accepted:
            assert suite.state(service) == before, f"{operation.method} {operation.path} changed something"
