# SPDX-License-Identifier: Apache-2.0
"""What releases and roll-outs refuse, as the API refuses."""

from collections.abc import Iterator
from contextlib import contextmanager

from adapters.releases.errors import ReleaseError
from adapters.store.errors import DeploymentRefused, DeploymentUnknown
from web.api.errors import Refused
from web.schedule.refusals import sentence


@contextmanager
def told() -> Iterator[None]:
    """Turn refusals into an answer: 404 for what is not there, 422 for what cannot be."""
    try:
        yield
    except DeploymentUnknown as unknown:
        raise Refused(404, sentence(str(unknown))) from unknown
    except DeploymentRefused as refused:
        raise Refused(422, sentence(str(refused)), "deployment_refused") from refused
    except ReleaseError as refused:
        raise Refused(422, sentence(str(refused)), "release_refused") from refused
