# SPDX-License-Identifier: Apache-2.0
"""What tests of the web side share. Django has one settings module a process: these tests run by themselves."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import django
import pytest

from tests.support.sites import ON_POSTGRES, open_site
from tests.web.support.server import WebProcess
from tests.web.support.writing import Writing, writing

if TYPE_CHECKING:
    from tests.web.support.deploying import Shipping

os.environ["DJANGO_SETTINGS_MODULE"] = "web.settings"
collect_ignore = [] if ON_POSTGRES else ["test_on_server.py"]
django.setup()  # tests import models at their top


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a state directory whose databases are migrated and empty."""
    from django.db import connections
    from django.test.utils import setup_test_environment

    state = tmp_path_factory.mktemp("migrated") / "state"
    open_site(state)
    setup_test_environment()
    connections.close_all()
    return state


@pytest.fixture
def state(migrated: Path, tmp_path: Path) -> Iterator[Path]:
    """Return a site's state directory of its own, opened: the models are those of this site."""
    from django.db import connections

    mine = tmp_path / "state"
    shutil.copytree(migrated, mine)
    open_site(mine)
    yield mine
    connections.close_all()


@pytest.fixture
def log(state: Path) -> Iterator[Writing]:
    """The site's log, for a test to fill."""
    with writing(state) as log:
        yield log


@pytest.fixture
def shipping(state: Path, tmp_path: Path) -> "Shipping":
    """A signed release that is not taken in yet, and a way to send it."""
    from tests.web.support.deploying import Shipping

    return Shipping(state, tmp_path)


@pytest.fixture
def web(state: Path) -> Iterator[WebProcess]:
    """A web process of this site, which serves."""
    process = WebProcess(state)
    process.start()
    yield process
    process.close()


@pytest.fixture
def token(state: Path) -> dict[str, str]:
    """The header of somebody who may look."""
    from tests.web.support.access import bearer

    return bearer()


@pytest.fixture(autouse=True)
def unlimited() -> None:
    """Let each test begin with every limit of requests unused: they are kept by the process."""
    from web.accounts.limits import ALL

    for buckets in ALL:
        buckets.forget()
