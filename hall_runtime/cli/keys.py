# SPDX-License-Identifier: Apache-2.0
"""`projectionist keys`: the site's authority, the keys in use, and what an operator may do to them."""

import asyncio
import time
from typing import Annotated

import typer

from hall_runtime.cli.common import (
    DEFAULT_CONFIG,
    CommandFailed,
    ConfigOption,
    StateOption,
    configuration,
    local_time,
    local_words,
    opened,
    state_directory,
    told,
    who,
)
from hall_runtime.cli.halls import sights
from statemachines.history import SERVER
from statemachines.record import Record
from statemachines.session_value import ControlSession

app = typer.Typer(help="The authority and the sessions' keys.", no_args_is_help=True)


@app.command("init")
def init(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Create the site's certificate authority, encrypted with its passphrase."""
    from pathlib import Path

    from adapters.ssh.authority import create_authority, passphrase_from_environment

    path = Path(configuration(config).ssh.authority)
    with told():
        authority = create_authority(path, passphrase_from_environment())
    typer.echo(f"{path} created. Servers must trust: {authority.public_line}")


def _told(hall: str, session: ControlSession) -> list[str]:
    """Return the lines that tell one session's key."""
    state = session.state.replace("_", " ")
    lines = [f"{hall} {session.role}: {state}, generation {session.gen}"]
    if session.link_gen:
        minted, rotates, ends = (
            local_time(ns)[:8] for ns in (session.minted_ns, session.rotate_ns, session.expires_ns)
        )
        lines.append(f"  serial {session.serial}, minted {minted}, rotates by {rotates}, ends {ends}")
    if session.last_error is not None:
        lines.append(f"  last error {session.last_error.type}: {local_words(session.last_error.words)}")
    return lines


def _watch_told(last: Record) -> str:
    """Return the line that tells one watch link's key."""
    about = f"{last.subject.removeprefix('watch:')} watch link"
    serial, at = last.payload.get("serial"), local_time(last.at_ns)[:8]
    return f"{about}: up, serial {serial}, since {at}" if serial else f"{about}: down since {at}: {last.reason}"


@app.command("status")
def status(state: StateOption = None, config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Show each session's and watch link's key: serial, age, next rotation, end, and what was refused last."""
    opened(state_directory(state, config))
    from adapters.store.selectors import last_of_links

    for sight in sights():
        for session in sight.now.sessions:
            typer.echo("\n".join(_told(sight.now.hall.id, session)))
    for last in last_of_links(prefix=SERVER):
        typer.echo(_watch_told(last))


def _ask(state: StateOption, config: ConfigOption, args: list[str]) -> str:
    """Ask the site's runtime by a request; return the request's id."""
    directory = opened(state_directory(state, config))
    from adapters.store.services import ask_operator_request  # its models need the open site
    from adapters.store.wake import send_wake

    with told():
        asked = ask_operator_request(hall="", verb="keys", args=args, actor=who(), now_ns=time.time_ns())
    if not send_wake(directory, request_id=str(asked.id), hall="", verb="keys"):
        raise CommandFailed("no runtime runs on this site")
    return str(asked.id)


@app.command("rotate")
def rotate(state: StateOption = None, config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Give every open session and watch link a new key now."""
    _ask(state, config, ["rotate"])
    typer.echo("asked: every open session and watch link rotates its key now; see `keys status`")


@app.command("revoke")
def revoke(
    serial: Annotated[int, typer.Argument(help="The certificate's serial, from `keys status`.", min=1)],
    state: StateOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Revoke a certificate on every server. Who uses it is given a new key first."""
    from adapters.store.errors import SiteLocked
    from adapters.store.lock import SiteLock

    directory = opened(state_directory(state, config))
    try:
        with SiteLock(directory):
            _revoke_ourselves(serial, config)
    except SiteLocked:
        _ask(directory, config, ["revoke", str(serial)])
        typer.echo(f"asked: the runtime revokes {serial} on every server; sessions with that key are replaced")


def _revoke_ourselves(serial: int, config: ConfigOption) -> None:
    """With the runtime down, from here."""
    from pathlib import Path

    from adapters.ssh.authority import Authority, passphrase_from_environment
    from hall_runtime.keyring import Keyring

    site = configuration(config)
    with told():
        authority = Authority.load(Path(site.ssh.authority), passphrase_from_environment())
        outcome = asyncio.run(Keyring(site, authority).revoke(serial))
    for server, result in outcome.items():
        typer.echo(f"{server}: {result}")
    if any(result != "ok" for result in outcome.values()):
        raise CommandFailed("some servers do not know of the revocation yet: ask again when they answer")
