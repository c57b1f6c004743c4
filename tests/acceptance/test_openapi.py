"""What /openapi.json promises, the API keeps: requests made from the schema, right and wrong ones, by schemathesis."""

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.support.stack import Stack

EXAMPLES = 25
# The ingress takes more than the schema says, on purpose: checks of what has to be refused are left out.
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


def test_answers_conform(service: Stack, subtests: pytest.Subtests) -> None:
    schema = schemathesis.openapi.from_url(f"{service.api_url}/openapi.json")
    operations = [result.ok() for result in schema.get_all_operations()]
    assert {"POST /api/webhook", "POST /api/webhook/{secret}", "GET /api/webhook/status/{id}"} <= {
        operation.label for operation in operations
    }
    for operation in operations:
        with subtests.test(operation.label), requests.Session() as session:
            session.trust_env = False
            check_operation(operation, session, service.environment["ALTEGIO_WEBHOOK_SECRET"])


def check_operation(operation: APIOperation, session: requests.Session, secret: str) -> None:
    modes = [operation.as_strategy(generation_mode=mode) for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)]

    @settings(max_examples=EXAMPLES, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
    @given(case=st.one_of(modes), knows_secret=st.sampled_from([True, True, False]))
    def check(case: schemathesis.Case, knows_secret: bool) -> None:
        if knows_secret and "secret" in case.path_parameters:
            case.path_parameters["secret"] = secret
        case.call_and_validate(session=session, checks=CHECKS, timeout=10)

    check()
