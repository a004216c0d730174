# SPDX-License-Identifier: Apache-2.0
"""Whatever is sent to a documented route, the answer is one that the document tells. The stream has its own tests."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from django.db import connections
from hypothesis import HealthCheck, settings
from schemathesis import Case
from schemathesis.checks import CheckFunction, not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.support.sites import DATABASES, open_site
from tests.web.support.access import bearer, describe
from tests.web.support.lived import LivedHall, log_of, show_life
from web.accounts import limits
from web.accounts.scopes import Scope
from web.asking import services

EXAMPLES = 25
"""Of each route: all of it ends within 90 s."""
CHECKS: list[CheckFunction] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
_HOUR_NS = 3600 * 10**9


schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", get_wsgi_application())


@pytest.fixture(scope="module")
def headers(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Return an admin's, on a site that has lived a little; no request waits, and none is too many."""
    state = tmp_path_factory.mktemp("site") / "state"
    shutil.copytree(migrated, state)
    open_site(state)
    DATABASES.keep(state)
    describe()
    with log_of(state) as log:
        for name in ("h1", "h2"):
            hall = LivedHall(log, name)
            hall.idle()
            hall.end()
    show_life(at_ns=time.time_ns() + _HOUR_NS)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(services, "WAIT_S", 0.0)
        patched.setattr(limits.Buckets, "take", lambda _buckets, _key: 0)
        yield bearer(Scope.ADMIN)
    connections.close_all()


@pytest.mark.slow
# Under WSGI a download is gathered before it is sent; the web itself is served by ASGI.
@pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume asynchronous iterators:Warning")
@schema.exclude(path="/api/v1/stream").parametrize()
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_answer_is_documented_and_none_is_a_server_error(case: Case[Any], headers: dict[str, str]) -> None:
    case.call_and_validate(checks=CHECKS, headers=headers)
