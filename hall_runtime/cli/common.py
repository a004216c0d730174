# SPDX-License-Identifier: Apache-2.0
"""What the commands share: where the site is, how an error is told, how a time is shown."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from adapters.releases.errors import ReleaseError
from adapters.ssh.errors import AuthorityError, LinkError
from adapters.store.errors import StoreError
from hall_runtime.config import ConfigRefused, SiteConfig, load_config
from statemachines.say import spoken

ConfigOption = Annotated[
    Path, typer.Option("--config", "-c", envvar="PROJECTIONIST_CONFIG", help="The site's configuration.")
]
StateOption = Annotated[
    Path | None,
    typer.Option(
        "--state", help="The site's state directory, instead of a configuration; or the variable PROJECTIONIST_STATE."
    ),
]
DEFAULT_CONFIG = Path("/etc/projectionist/cinema.toml")


class CommandFailed(Exception):
    """What a person reads when a command cannot do its work. `status` is 1, or 2 where the machine lacks something."""

    def __init__(self, words: str, status: int = 1) -> None:
        self.status = status
        super().__init__(words)


@contextmanager
def told() -> Iterator[None]:
    """Turn the typed errors of the parts into the command's one sentence."""
    try:
        yield
    except (ConfigRefused, StoreError, LinkError, AuthorityError, ReleaseError) as wrong:
        raise CommandFailed(str(wrong)) from wrong
    except OSError as wrong:
        raise CommandFailed(f"{wrong.filename}: {wrong.strerror}" if wrong.filename else str(wrong)) from wrong
    except Exception as wrong:
        from django.db import DatabaseError  # late, for most commands end well

        if not isinstance(wrong, DatabaseError):
            raise
        raise CommandFailed(f"the site's database cannot be used: {wrong}; see `projectionist doctor`") from wrong


def configuration(path: Path) -> SiteConfig:
    """Read the configuration, or fail in words."""
    with told():
        return load_config(path)


def state_directory(state: Path | None, config: Path) -> Path:
    """Return the state directory that was named, or the configuration's.

    The variable counts for less than a configuration that was named with the command.
    """
    if state is not None:
        return state
    named = os.environ.get("PROJECTIONIST_STATE", "")
    if named and config == DEFAULT_CONFIG:
        return Path(named)
    return configuration(config).state


def opened(state: Path) -> Path:
    """Open an existing site's databases for reading and small writes."""
    from adapters.store.site import holds_site, open_site

    if not holds_site(state):
        raise CommandFailed(f"{state} holds no site: name its directory with --state, or a configuration with --config")
    with told():
        open_site(state)
    return state


def local_time(at_ns: int) -> str:
    """Return a moment as local HH:MM:SS.mmm."""
    return datetime.fromtimestamp(at_ns / 1e9).astimezone().strftime("%H:%M:%S.%f")[:-3]


def local_words(words: str) -> str:
    """Return a sentence with its moments spelled in this machine's zone."""
    offset = datetime.now().astimezone().utcoffset()
    return spoken(words, int(offset.total_seconds()) if offset else 0)


def who() -> str:
    """Return who asks, as far as this machine knows."""
    return os.environ.get("SUDO_USER") or os.environ.get("USER") or f"uid {os.getuid()}"
