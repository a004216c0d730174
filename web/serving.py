# SPDX-License-Identifier: Apache-2.0
"""`python -m web serve`: listen, then load the application, then serve until SIGTERM or SIGINT."""

import argparse
import errno
import os
import signal
import socket
import sys
import threading
from contextlib import suppress
from typing import Any

import structlog

from web.refused import CommandRefused

_say = structlog.get_logger("web")


def add_to(commands: "argparse._SubParsersAction[Any]") -> None:
    """Add the command `serve`."""
    serve = commands.add_parser("serve", help="serve the board and the API")
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=int, default=8000)
    serve.add_argument(
        "--demo-user",
        metavar="NAME",
        help="for `projectionist demo`: make this user, whose password is the first line of standard input; "
        "the end of that input ends the server",
    )
    serve.set_defaults(run=_serve)


def _serve(asked: argparse.Namespace) -> None:
    from web.logging import set_up_logging
    from web.server import run

    set_up_logging()
    listener = _listening(asked.host, asked.port)
    if asked.demo_user:
        from web.accounts.people import put_user
        from web.accounts.scopes import Scope

        put_user(name=asked.demo_user, password=sys.stdin.readline().rstrip("\n"), scope=Scope.ADMIN)
        threading.Thread(target=end_with_input, daemon=True).start()
    from web.asgi import application  # after the listener: a taken port is told at once

    host, port = listener.getsockname()[:2]
    _say.info("web_started", address=f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}")
    with suppress(KeyboardInterrupt):  # uvicorn ends in order, then raises what ended it
        run(application, listener)


def _listening(host: str, port: int) -> socket.socket:
    from web.server import listening

    try:
        return listening(host, port)
    except OSError as wrong:
        if wrong.errno == errno.EADDRINUSE:
            words = f"Port {port} of {host} is taken: end what listens there, or name another with --port."
        else:
            words = f"{host} port {port} cannot be listened on: {wrong.strerror or wrong}."
        raise CommandRefused(words, status=2) from wrong


def end_with_input() -> None:
    """End when standard input does: whoever is killed takes the web that he started with him."""
    while sys.stdin.read(1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
