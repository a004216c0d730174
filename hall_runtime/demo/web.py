# SPDX-License-Identifier: Apache-2.0
"""The board as a child process of its own: begun, begun again when it ends, and ended with the demonstration."""

import asyncio
import errno
import secrets
import socket
from collections.abc import Callable
from pathlib import Path

from hall_runtime.web_child import web_command, web_environment

HOST = "127.0.0.1"
USER = "demo"
AGAIN_S = 1.0
_END_LIMIT_S = 2.0
_LOOKS, _LOOK_S = 300, 0.2
"""For a minute: the first start on a slow machine makes tables."""


class PortTaken(Exception):
    """Something else listens where the board should be."""


def free_port(port: int) -> int:
    """Return the port when it is free, or one that is free for 0.

    Raises:
        PortTaken: in words.
    """
    with socket.socket() as asked:
        asked.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            asked.bind((HOST, port))
        except OSError as wrong:
            if wrong.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise
            why = "taken" if wrong.errno == errno.EADDRINUSE else "kept for root"
            words = f"port {port} of this machine is {why}: name another (make demo PORT=8080, or --port)"
            raise PortTaken(words) from wrong
        return int(asked.getsockname()[1])


class BoardProcess:
    """`python -m web serve` with a user whose password is drawn anew. What it says goes to web.log."""

    def __init__(self, directory: Path, state: Path, port: int) -> None:
        self._directory, self._state, self._port = directory, state, port
        self._password = secrets.token_urlsafe(9)
        self._process: asyncio.subprocess.Process | None = None

    @property
    def words(self) -> str:
        """Where it is, and who may log in there."""
        return f"board: http://{HOST}:{self._port}  user {USER}  password {self._password}"

    async def keep(self, say: Callable[[str], None]) -> None:
        """Until cancelled: serve, and begin again a second after it ended."""
        told = asyncio.create_task(self._tell(say))
        try:
            while True:
                process = await self._begin()
                status = await process.wait()
                say(f"the board ended with {status}, and is begun again; see {self._directory / 'web.log'}")
                await asyncio.sleep(AGAIN_S)
        finally:
            told.cancel()
            await self._end()

    async def _begin(self) -> asyncio.subprocess.Process:
        with (self._directory / "web.log").open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *web_command("serve", "--host", HOST, "--port", str(self._port), "--demo-user", USER),
                stdin=asyncio.subprocess.PIPE,  # the password, and an end if we end without a word
                stdout=log,
                stderr=log,
                env=web_environment(self._state),
                start_new_session=True,  # Ctrl-C is for the demonstration
            )
        if self._process.stdin is not None:
            self._process.stdin.write(f"{self._password}\n".encode())
        return self._process

    async def _tell(self, say: Callable[[str], None]) -> None:
        """Say where the board is, once it is there."""
        say("starting the board")
        for _ in range(_LOOKS):
            if await self._answers():
                say(self.words)
                return
            await asyncio.sleep(_LOOK_S)

    async def _answers(self) -> bool:
        try:
            _reader, writer = await asyncio.open_connection(HOST, self._port)
        except OSError:
            return False
        writer.close()
        return True

    async def _end(self) -> None:
        process = self._process
        if process is None or process.returncode is not None:
            return
        process.terminate()
        try:
            async with asyncio.timeout(_END_LIMIT_S):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
