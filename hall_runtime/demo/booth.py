# SPDX-License-Identifier: Apache-2.0
"""The booth as a child process: started, waited for, and ended, by its own pid."""

import asyncio
import sys
from pathlib import Path

import msgspec

from adapters.booth.plan import BoothPlan, BoothReady

READY_LIMIT_S = 30.0
END_LIMIT_S = 2.5


class BoothFailed(Exception):
    """The booth did not come up, or went away; the text says what it said."""


class BoothProcess:
    """`python -m adapters.booth`. Its errors go to a file beside its plan."""

    def __init__(self, plan: BoothPlan, directory: Path) -> None:
        self._plan, self._directory = plan, directory
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> BoothReady:
        """Start it and return what it says when everything listens.

        Raises:
            BoothFailed: it ended, or was not ready within 30 s.
        """
        path = self._directory / "booth.json"
        path.write_bytes(msgspec.json.encode(self._plan))
        with (self._directory / "booth.err").open("wb") as errors:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "adapters.booth",
                str(path),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=errors,
                start_new_session=True,  # Ctrl-C is for the runtime: hardware does not stop with it
            )
        try:
            async with asyncio.timeout(READY_LIMIT_S):
                line = await self._process.stdout.readline() if self._process.stdout else b""
            return msgspec.json.decode(line, type=BoothReady)
        except (TimeoutError, msgspec.MsgspecError) as wrong:
            await self.end()
            said = (self._directory / "booth.err").read_text(encoding="utf-8", errors="replace").strip()
            raise BoothFailed(f"the booth did not come up: {said[-500:] or wrong}") from wrong

    async def end(self) -> None:
        """End it; by force when it does not listen."""
        process = self._process
        if process is None or process.returncode is not None:
            return
        process.terminate()
        try:
            async with asyncio.timeout(END_LIMIT_S):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
